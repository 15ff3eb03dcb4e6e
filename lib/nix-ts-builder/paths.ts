import { NixError } from "./error";
import { stringFault } from "./strings";
import { type BinaryNode, make, type NixNode, type PathNode, type StrNode } from "./tree";

const LITERAL = /^(?:\.{1,2}|~)?(?:\/[a-zA-Z0-9._+-]+)+$/;
const SEARCH = /^<[a-zA-Z0-9._+-]+(?:\/[a-zA-Z0-9._+-]+)*>$/;
const ROOTED = /^(\.{1,2}|)(\/.+)$/s;

/**
 * A path: `./x`, `../x`, `/x`, `~/x` or `<x>`. A path with characters that a literal cannot hold is written as a literal
 * plus a string. Whatever a path names is copied to the world-readable store when it is used in a string or derivation.
 *
 * @throws NixError when the text is no path
 */
export function pathNode(text: string): NixNode {
  if (LITERAL.test(text) || SEARCH.test(text)) return literal(text);
  if (text === "." || text === "..") return literal(`./${text}`);
  const rooted = ROOTED.exec(text);
  const fault = typeof text === "string" ? stringFault(text) : "is not text";
  if (rooted === null || fault !== undefined) {
    throw new NixError({
      path: "nix.path",
      what: fault ?? "is no path",
      value: text,
      accepted: "./x, ../x, /x, ~/x or <x>",
    });
  }
  const left = literal(rooted[1] === "" ? "/." : `${rooted[1]}/.`);
  const right = make<StrNode>({ kind: "str", parts: Object.freeze([rooted[2]!]), style: "quoted" });
  return make<BinaryNode>({ kind: "binary", operator: "+", left, right });
}

function literal(text: string): PathNode {
  return make<PathNode>({ kind: "path", text });
}

/** Whether `node` is what {@link pathNode} makes: a literal, or one with a string behind it. */
export function fitsPathLiteral(node: NixNode): boolean {
  return node.kind === "path" || (node.kind === "binary" && node.operator === "+" && node.left.kind === "path");
}
