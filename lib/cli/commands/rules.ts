import { fail } from "../../errors";
import type { RuleText } from "../../constructs/cilium/rule-texts";
import type { Command } from "../command";
import { KEPT_BY_CONSTRUCTS, REFUSED_VALUES } from "../refusals";
import { type RuleCatalogue, rulesPage } from "../rules-page";
import { columns, type Style } from "../style";

/** The catalogue as a table: id, severity, title. */
export function listRules(rules: readonly RuleText[]): string {
  return columns(rules.map((rule) => [rule.id, rule.severity, rule.title]));
}

/** Everything about one rule. Throws `NL-CLI-RULE` when there is none of that id. */
export function explainRule(rules: readonly RuleText[], id: string, style: Style): string {
  const rule = rules.find((candidate) => candidate.id === id.toUpperCase());
  if (rule === undefined) {
    const near = rules.map((candidate) => candidate.id).filter((known) => known.startsWith(id.toUpperCase()));
    return fail({
      code: "NL-CLI-RULE",
      what: "no rule has this id; problems with single values say everything in their message",
      value: id,
      allowed: "an id that `netloom rules` lists",
      remedy: near.length > 0 ? near.map((name) => `netloom rules ${name}`).join(" or ") : "netloom rules",
    });
  }
  const rows = [
    ["  severity", rule.severity === "error" ? "error: stops the synthesis" : `${rule.severity}: an annotation`],
    ["  why", rule.why],
    ...(rule.source === undefined ? [] : [["  source", rule.source]]),
    ...(rule.remedy === undefined ? [] : [["  write", rule.remedy]]),
    KEPT_BY_CONSTRUCTS.some((kept) => kept.id === rule.id)
      ? ["  accept", "cannot be accepted: what is refused was not made"]
      : ["  accept", `Rules.acknowledge(construct, "${rule.id}", "because …")`],
  ];
  return `${style.strong(rule.id)}: ${rule.title}\n${columns(rows)}`;
}

/** Loaded on demand: the rules load constructs, which the other commands can do without. */
export async function ruleCatalogue(): Promise<RuleCatalogue> {
  const { ALL_RULES } = await import("../../rules");
  const { clusterRuleTexts } = await import("../../constructs/cilium/rule-texts");
  return {
    stack: ALL_RULES,
    clusters: clusterRuleTexts(),
    constructs: KEPT_BY_CONSTRUCTS,
    values: REFUSED_VALUES,
  };
}

export const rulesCommand: Command = {
  name: "rules",
  summary: "list the safety rules, or explain one",
  words: "[id]",
  count: [0, 1],
  details: `Lists the rules by which stacks and Cilium clusters are judged at synthesis, or explains the rule with the given id:
what it wants, why, where the claim comes from, what to write instead, and how to accept a violation.`,
  options: { markdown: { type: "boolean", help: "the whole catalogue as a Markdown page" } },
  async run(words, terminal) {
    const catalogue = await ruleCatalogue();
    const rules = [...catalogue.stack, ...catalogue.clusters, ...catalogue.constructs];
    const [id] = words.positionals;
    if (words.flags.has("markdown")) terminal.out(rulesPage(catalogue));
    else terminal.out(id === undefined ? listRules(rules) : explainRule(rules, id, terminal.style));
    return 0;
  },
};
