import type { ProblemText } from "../errors";

/** Everything that has an id. */
export interface RuleCatalogue {
  /** Rules over the merged settings of a stack. */
  readonly stack: readonly ProblemText[];
  /** What machines of CloudLab add to their stack. */
  readonly cloudlab: readonly ProblemText[];
  /** What Cilium clusters add to their stack, or report to it. */
  readonly clusters: readonly ProblemText[];
  /** Rules that constructs keep themselves. */
  readonly constructs: readonly ProblemText[];
  /** Malformed values. */
  readonly values: readonly ProblemText[];
  /** Rules of the app and its packages. */
  readonly added: readonly ProblemText[];
}

/** The catalogue as a page of the documentation. */
export function rulesPage({ stack, cloudlab, clusters, constructs, values }: RuleCatalogue): string {
  return [
    "# Rules",
    "",
    "Every message of Netloom begins with an id; here is what stands behind it. Errors stop the synthesis, all of them at",
    "once; warnings become annotations. What a rule of the first three tables finds is accepted with a reason, for one",
    'construct and all below it: `Rules.acknowledge(host, "NL-014", "the uplink is jumbo as well")`. `netloom rules NL-014`',
    "explains one rule; in a project it also lists the rules that your app and its packages add. This page is what",
    "`netloom rules --markdown` prints.",
    "",
    "## Of every stack",
    "",
    "Judged on the merged settings of all hosts, before anything is written.",
    "",
    ...table(["id", "severity", "rule", "why", "source"], stack.map(withReason)),
    "",
    "## Of CloudLab",
    "",
    "Machines of CloudLab add these to their stack.",
    "",
    ...table(["id", "severity", "rule", "why", "source"], cloudlab.map(withReason)),
    "",
    "## Of Cilium clusters",
    "",
    "A cluster adds these to its stack: what is known of Cilium, its chart, its objects, kernels and drivers. Where a fact is not known at",
    "synthesis, such as the kernel of a host, the rule is reported as unchecked and names the fact.",
    "",
    ...table(["id", "severity", "rule", "where it is broken", "fix", "source"], clusters.map(withRemedy)),
    "",
    "## Kept by constructs",
    "",
    "Found while a construct is made. What they refuse does not come to be, so it cannot be accepted.",
    "",
    ...table(["id", "severity", "rule", "why", "fix", "source"], constructs.map(withRemedy)),
    "",
    "## Malformed values",
    "",
    "Something is malformed, unknown, or said twice. The message says all there is to know: what, where, what is allowed.",
    "None of it can be accepted.",
    "",
    ...table(
      ["id", "what holds"],
      values.map(({ id, title }) => [code(id), title]),
    ),
    "",
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map((cells) => line(cells.map(markdown)))];
}

function withReason({ id, severity, title, why = "", source = "" }: ProblemText): readonly string[] {
  return [code(id), severity, title, why, source];
}

function withRemedy({ id, severity, title, why = "", remedy = "", source = "" }: ProblemText): readonly string[] {
  return [code(id), severity, title, why, remedy, source];
}

function code(id: string): string {
  return `\`${id}\``;
}

/** Plain text for a cell: what Markdown would take for emphasis, a tag or the end of the cell is escaped; code stays code. */
function markdown(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part.replaceAll("|", "\\|") : part.replace(/[|*<]/g, "\\$&")))
    .join("");
}
