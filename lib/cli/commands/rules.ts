import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { declaredProblems, defineProblem, type ProblemText } from "../../errors";
import type { Command, Words } from "../command";
import { type RuleCatalogue, rulesPage } from "../rules-page";
import { outputDirectory, PLACE, rulesOfStacks } from "../stacks";
import { columns, type Style } from "../style";

const NO_SUCH_RULE = defineProblem("NL-CLI-RULE", "A rule that is asked for exists");

/** The catalogue as a table: id, severity, title. */
export function listRules(rules: readonly ProblemText[]): string {
  return columns(rules.map((rule) => [rule.id, rule.severity, rule.title]));
}

/** Everything about one rule. Throws `NL-CLI-RULE` when there is none of that id. */
export function explainRule(catalogue: RuleCatalogue, id: string, style: Style): string {
  const all = Object.values(catalogue).flat();
  const rule = all.find((candidate) => candidate.id === id.toUpperCase());
  if (rule === undefined) {
    const near = all.map((candidate) => candidate.id).filter((known) => known.startsWith(id.toUpperCase()));
    throw NO_SUCH_RULE({
      what: "no rule has this id",
      value: id,
      allowed: "an id that `netloom rules` lists",
      remedy: near.length > 0 ? near.map((name) => `netloom rules ${name}`).join(" or ") : "netloom rules",
    });
  }
  const rows = [
    ["  severity", rule.severity === "error" ? "error: stops the synthesis" : `${rule.severity}: an annotation`],
    ...(["why", "source", "package"] as const).flatMap((key) =>
      rule[key] === undefined ? [] : [[`  ${key}`, rule[key]]],
    ),
    ...(rule.remedy === undefined ? [] : [["  fix", rule.remedy]]),
    [...catalogue.constructs, ...catalogue.values].includes(rule)
      ? ["  accept", "cannot be accepted: what is refused was not made"]
      : ["  accept", `Rules.acknowledge(construct, "${rule.id}", "because …")`],
  ];
  return `${style.strong(rule.id)}: ${rule.title}\n${columns(rows)}`;
}

/** Everything that Netloom can find or refuse. */
export async function ruleCatalogue(): Promise<RuleCatalogue> {
  const { ALL_RULES } = await import("../../rules");
  const { clusterRuleTexts } = await import("../../constructs/cilium/rule-texts");
  const { CLOUDLAB_RULES } = await import("../../constructs/cloudlab/rules");
  await loadDeclarations();
  const thrown = declaredProblems("thrown");
  return {
    stack: ALL_RULES,
    cloudlab: CLOUDLAB_RULES,
    clusters: [...clusterRuleTexts(), ...declaredProblems("reported")],
    constructs: thrown.filter(({ why }) => why !== undefined),
    values: thrown.filter(({ why }) => why === undefined),
    added: [],
  };
}

/** A problem is declared where it is raised, and a program loads only the files that it uses: these are loaded for the list. */
async function loadDeclarations(): Promise<void> {
  const root = join(__dirname, "..", "..");
  for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    const file = join(root, name);
    if (!/(?<!\.d)\.[jt]s$/.test(name) || !/ = .*\bdefine(Problem|Report)\)?\(/.test(readFileSync(file, "utf8")))
      continue;
    await import(file);
  }
}

/** What the stacks on disk brought along, or those of one name. */
function addedRules({ text }: Words, cwd: string, known: RuleCatalogue): RuleCatalogue["added"] {
  const ids = new Set(Object.values(known).flatMap((rules: readonly ProblemText[]) => rules.map(({ id }) => id)));
  return rulesOfStacks(cwd, outputDirectory(cwd, text["output"]), text["stack"]).filter(({ id }) => !ids.has(id));
}

export const rulesCommand: Command = {
  name: "rules",
  summary: "list the safety rules, or explain one",
  words: "[id]",
  count: [0, 1],
  details: `Lists the rules by which stacks and Cilium clusters are judged at synthesis, or explains the rule with the given id:
what it wants, why, where the claim comes from, how to fix it, and how to accept a violation. Rules that the app
or its packages added are read from the output of the last synthesis, if there is one.`,
  options: {
    markdown: { type: "boolean", help: "Netloom's own rules and ids as a Markdown page" },
    ...PLACE,
  },
  async run(words, terminal) {
    const own = await ruleCatalogue();
    const [id] = words.positionals;
    if (words.flags.has("markdown")) {
      terminal.out(rulesPage(own));
      return 0;
    }
    const catalogue = { ...own, added: addedRules(words, terminal.cwd, own) };
    const { values: _, ...rules } = catalogue;
    terminal.out(
      id === undefined ? listRules(Object.values(rules).flat()) : explainRule(catalogue, id, terminal.style),
    );
    return 0;
  },
};
