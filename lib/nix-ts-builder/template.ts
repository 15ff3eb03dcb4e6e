import { NixError } from "./error";
import { stringFault } from "./strings";
import { isNode, make, type NixNode, type StringStyle, type StrNode } from "./tree";

/** What a string template takes: text and numbers become text, expressions are interpolated as `${…}`. */
export type Interpolated = string | number | bigint | NixNode;

/**
 * A string of text and expressions. JavaScript text is escaped, whatever it holds; expressions that are numbers, booleans
 * or null in the tree are wrapped in `toString`, because Nix does not interpolate them. A `config.…` reference whose
 * value is a number needs `nix.toString(…)` around it.
 */
export function interpolated(parts: readonly Interpolated[], style: StringStyle, what: string): StrNode {
  const merged: (string | NixNode)[] = [];
  for (const part of parts) {
    const next = typeof part === "string" || isNode(part) ? part : numberText(part, what);
    const last = merged.at(-1);
    if (isNode(next)) merged.push(asText(next));
    else if (typeof last === "string") merged[merged.length - 1] = last + next;
    else if (next !== "") merged.push(next);
  }
  for (const part of merged) {
    const fault = typeof part === "string" ? stringFault(part) : undefined;
    if (fault !== undefined)
      throw new NixError({ path: what, what: fault, value: part, accepted: "well-formed text without NUL" });
  }
  return make<StrNode>({ kind: "str", parts: Object.freeze(merged), style });
}

function numberText(value: unknown, what: string): string {
  const fits = typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value));
  if (!fits) {
    throw new NixError({
      path: what,
      what: "cannot be interpolated",
      value,
      accepted: "text, finite numbers, bigints and expression nodes",
    });
  }
  return String(value);
}

function asText(node: NixNode): NixNode {
  if (!["int", "float", "bool", "null", "list"].includes(node.kind)) return node;
  const fn = make<NixNode>({ kind: "id", name: "toString" });
  return make<NixNode>({ kind: "call", fn, args: Object.freeze([node]) });
}

/** The texts and values of a template literal in their order. */
export function interleave(texts: readonly string[], values: readonly Interpolated[]): Interpolated[] {
  return texts.flatMap((text, index): Interpolated[] => (index < values.length ? [text, values[index]!] : [text]));
}

/**
 * The texts of a template literal without the indentation that its lines share, without a blank first line and without
 * the blanks of the last line, so that the literal can be indented like the code around it. Values are never touched.
 */
export function dedent(texts: readonly string[]): string[] {
  const dropped = [texts[0]!.replace(/^[ \t]*\n/, "\n"), ...texts.slice(1)];
  const opensLine = dropped[0]!.startsWith("\n");
  let smallest = Number.POSITIVE_INFINITY;
  dropped.forEach((text, index) => {
    const isLast = index === dropped.length - 1;
    for (const match of text.matchAll(/\n([ ]*)(?=([^ \n])|$)/g)) {
      const contentFollows = match[2] !== undefined || (!isLast && match.index + match[0].length === text.length);
      if (contentFollows) smallest = Math.min(smallest, match[1]!.length);
    }
  });
  if (smallest === Number.POSITIVE_INFINITY) smallest = 0;
  const indentation = new RegExp(`\\n {0,${smallest}}`, "g");
  const cut = dropped.map((text) => text.replace(indentation, "\n"));
  if (opensLine) cut[0] = cut[0]!.slice(1);
  cut[cut.length - 1] = cut.at(-1)!.replace(/\n[ ]+$/, "\n");
  return cut;
}
