import { formatPath } from "./error";
import type { Binding, NixNode } from "./tree";

/** A direct sub-expression and the steps that lead to it, for messages. */
export interface ChildNode {
  readonly node: NixNode;
  readonly steps: readonly (string | number)[];
}

const at = (node: NixNode, ...steps: (string | number)[]): ChildNode => ({ node, steps });

/** The direct sub-expressions of `node`, in the order of the text. */
export function childrenOf(node: NixNode): ChildNode[] {
  switch (node.kind) {
    case "str":
      return dynamic(node.parts);
    case "list":
      return node.items.map((item, index) => at(item, index));
    case "attrs":
      return node.bindings.flatMap(childrenOfBinding);
    case "select":
      return [at(node.base), ...dynamic(node.path), ...(node.default === undefined ? [] : [at(node.default)])];
    case "has":
      return [at(node.base), ...dynamic(node.path)];
    case "call":
      return [at(node.fn), ...node.args.map((arg) => at(arg))];
    case "lambda":
      return [...(typeof node.parameter === "string" ? [] : defaultsOf(node.parameter.formals)), at(node.body)];
    case "let":
      return [...node.bindings.flatMap(childrenOfBinding), at(node.body)];
    case "with":
      return [at(node.scope), at(node.body)];
    case "if":
      return [at(node.condition), at(node.consequence), at(node.alternative)];
    case "assert":
      return [at(node.condition), at(node.body)];
    case "unary":
      return [at(node.operand)];
    case "binary":
      return [at(node.left), at(node.right)];
    default:
      return [];
  }
}

/** The expressions in a binding: those of its path, and its value or the source that it inherits from. */
export function childrenOfBinding(binding: Binding): ChildNode[] {
  if (binding.kind === "inherit") return binding.from === undefined ? [] : [at(binding.from)];
  const names = binding.path.map((step) => (typeof step === "string" ? step : "${…}"));
  return [...dynamic(binding.path), at(binding.value, ...names)];
}

/** The default values of a set pattern. */
function defaultsOf(formals: readonly { readonly name: string; readonly default?: NixNode }[]): ChildNode[] {
  return formals.flatMap((formal) => (formal.default === undefined ? [] : [at(formal.default, formal.name)]));
}

function dynamic(parts: readonly (string | NixNode)[]): ChildNode[] {
  return parts.flatMap((part) => (typeof part === "string" ? [] : [at(part)]));
}

/** Where `wanted` is below `root`, in Nix notation; for messages only, since it searches. */
export function locate(root: NixNode, wanted: NixNode, rootName: string): string {
  const cameFrom = new Map<NixNode, { parent: NixNode; steps: ChildNode["steps"] }>();
  const work = [root];
  for (let parent = work.pop(); parent !== undefined && parent !== wanted; parent = work.pop()) {
    for (const { node, steps } of childrenOf(parent)) {
      if (cameFrom.has(node) || node === root) continue;
      cameFrom.set(node, { parent, steps });
      work.push(node);
    }
  }
  const path: (string | number)[] = [];
  for (let link = cameFrom.get(wanted); link !== undefined; link = cameFrom.get(link.parent))
    path.unshift(...link.steps);
  return formatPath(path, rootName);
}
