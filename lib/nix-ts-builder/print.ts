import { NixError } from "./error";
import { DELIMITED, flatText } from "./flat";
import { commentLines } from "./break-binding";
import { prettyText } from "./pretty";
import { refuseFree } from "./scope";
import { isNode, type NixNode } from "./tree";

/** Settings of {@link print}. */
export interface PrintOptions {
  /** `pretty` is what nixfmt leaves as it is; `compact` puts everything on one line, without comments. @default "pretty" */
  readonly layout?: "pretty" | "compact";
  /** `min` writes the parentheses that Nix needs; `all` puts them around every sub-expression. @default "min" */
  readonly parens?: "min" | "all";
  /** The most characters in a line, not counting its indentation; long strings may go beyond. @default 100 */
  readonly width?: number;
  /** Variables that are bound where the text will stand, or "any" to leave variables unchecked. @default [] */
  readonly scope?: readonly string[] | "any";
  /** A comment above everything, one comment line for each line of it; not in the compact layout. @default - no comment */
  readonly header?: string;
}

/**
 * An expression as Nix text with a final newline. The same tree and options always give the same bytes.
 *
 * @throws NixError when a variable is used that nothing binds
 */
export function print(node: NixNode, options: PrintOptions = {}): string {
  if (!isNode(node)) {
    throw new NixError({
      path: "print",
      what: "is no expression node",
      value: node,
      accepted: "what nix.…, lib.… or toNix returned",
    });
  }
  const { layout = "pretty", parens = "min", width = 100, scope = [], header } = options;
  if (scope !== "any") refuseFree(node, scope, "value");
  const allParens = parens === "all";
  if (layout === "compact") return `${flatText(node, DELIMITED, allParens)}\n`;
  const head = header === undefined ? "" : `${commentLines(header, 0).slice(1)}\n`;
  return `${head}${prettyText(node, { allParens, width })}\n`;
}
