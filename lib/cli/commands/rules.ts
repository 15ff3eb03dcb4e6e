import { fail } from "../../errors";
import type { Rule } from "../../rules";
import type { Command } from "../command";
import { columns, type Style } from "../style";

/** The catalogue as a table: id, severity, title. */
export function listRules(rules: readonly Rule[]): string {
  return columns(rules.map((rule) => [rule.id, rule.severity, rule.title]));
}

/** Everything about one rule. Throws `NL-CLI-RULE` when there is none of that id. */
export function explainRule(rules: readonly Rule[], id: string, style: Style): string {
  const rule = rules.find((candidate) => candidate.id === id.toUpperCase());
  if (rule === undefined) {
    const near = rules.map((candidate) => candidate.id).filter((known) => known.startsWith(id.toUpperCase()));
    return fail({
      code: "NL-CLI-RULE",
      what: "no rule of the catalogue has this id; problems that constructs find themselves say everything in their message",
      value: id,
      allowed: "an id that `netloom rules` lists",
      remedy: near.length > 0 ? near.map((name) => `netloom rules ${name}`).join(" or ") : "netloom rules",
    });
  }
  const rows = [
    ["  severity", rule.severity === "error" ? "error: stops the synthesis" : `${rule.severity}: an annotation`],
    ["  why", rule.why],
    ...(rule.source === undefined ? [] : [["  source", rule.source]]),
    ["  accept", `Rules.acknowledge(construct, "${rule.id}", "because …")`],
  ];
  return `${style.strong(rule.id)}: ${rule.title}\n${columns(rows)}`;
}

/** The catalogue as a page of the documentation. */
export function rulesPage(rules: readonly Rule[]): string {
  const rows = rules.map(
    (rule) => `| \`${rule.id}\` | ${rule.severity} | ${rule.title} | ${rule.why} | ${rule.source ?? ""} |`,
  );
  return [
    "# Rules",
    "",
    "Netloom judges the merged settings of the whole fleet before it writes anything. Errors stop the synthesis, all of",
    "them at once; warnings become annotations. A rule is accepted with a reason, for one construct and all below it:",
    '`Rules.acknowledge(host, "NL-014", "the uplink is jumbo as well")`. This page is what `netloom rules --markdown` prints.',
    "",
    "| id | severity | rule | why | source |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

export const rulesCommand: Command = {
  name: "rules",
  summary: "list the safety rules, or explain one",
  words: "[id]",
  count: [0, 1],
  details: `Lists the rules by which every stack is judged at synthesis, or explains the rule with the given id: what it
wants, why, where the claim comes from, and how to accept a violation.`,
  options: { markdown: { type: "boolean", help: "the whole catalogue as a Markdown page" } },
  async run(words, terminal) {
    // Only here: the rules load constructs, which the other commands can do without.
    const { ALL_RULES } = await import("../../rules");
    const [id] = words.positionals;
    if (words.flags.has("markdown")) terminal.out(rulesPage(ALL_RULES));
    else terminal.out(id === undefined ? listRules(ALL_RULES) : explainRule(ALL_RULES, id, terminal.style));
    return 0;
  },
};
