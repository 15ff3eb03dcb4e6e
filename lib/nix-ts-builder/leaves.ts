import { type NixValue, toNix } from "./to-nix";
import type { NixNode } from "./tree";
import { contentsOf, isWrapper } from "./wrappers";

/** One value below an option: a plain one, a list of them, or a node where Nix has to compute it. */
export interface NixLeaf {
  /** Names, and indices of lists, from the option to the value. */
  readonly path: readonly string[];
  readonly value: unknown;
}

/**
 * The values that a set holds at any depth, also inside `mkIf`, `mkForce` and their like, without evaluating anything.
 * Whether it is plain data, nodes, or both mixed makes no difference.
 */
export function* leavesOf(value: NixValue): Generator<NixLeaf> {
  yield* below(toNix(value, { name: "value" }), []);
}

/** Option trees are as deep as option paths, so this may recurse. */
function* below(node: NixNode, path: readonly string[]): Generator<NixLeaf> {
  if (node.kind === "call" && isWrapper(node)) {
    for (const content of contentsOf(node)) yield* below(content, path);
  } else if (node.kind === "list" && node.items.some(holdsMore)) {
    for (const [i, item] of node.items.entries()) yield* below(item, [...path, String(i)]);
  } else if (node.kind === "attrs") {
    for (const binding of node.bindings) {
      if (binding.kind === "inherit") {
        for (const name of binding.names) yield { path: [...path, name], value: binding };
      } else {
        // A computed name could be any, so what lies below it has no path.
        const names = binding.path.map((step) => (typeof step === "string" ? step : "*"));
        yield* below(binding.value, [...path, ...names]);
      }
    }
  } else {
    yield { path, value: literal(node) };
  }
}

function holdsMore(node: NixNode): boolean {
  return node.kind === "attrs" || node.kind === "list" || (node.kind === "call" && isWrapper(node));
}

function literal(node: NixNode): unknown {
  switch (node.kind) {
    case "null":
      return null;
    case "bool":
    case "float":
      return node.value;
    case "int":
      return Number(node.value);
    case "str":
      return node.parts.every((part) => typeof part === "string") ? node.parts.join("") : node;
    case "list":
      return node.items.map(literal);
    default:
      return node;
  }
}
