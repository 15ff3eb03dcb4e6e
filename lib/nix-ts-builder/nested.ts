import type { PathStep } from "./bindings";
import { refuseDuplicates } from "./duplicates";
import { type AttrsNode, type BindNode, type Binding, make } from "./tree";

/** One name on the way to the values: what is below it, and what is bound to it directly. */
interface Branch {
  readonly children: Map<string, Branch>;
  readonly bindings: BindNode[];
}

/**
 * Folds bindings with whole paths (`boot.kernelModules`, `boot.kernel.sysctl."net.core.rmem_max"`) into nested sets: names
 * sorted, a name that leads to one thing only joined with what follows (`boot.kernelModules = …`), comments kept. Two
 * definitions of one path are refused with both origins; a set literal may meet deeper paths, as in Nix.
 *
 * @throws NixError when a path is defined twice
 */
export function nested(bindings: readonly BindNode[]): AttrsNode {
  refuseDuplicates(bindings, "");
  const root = newBranch();
  const computed: Binding[] = [];
  for (const binding of bindings) {
    const names = binding.path.filter((step) => typeof step === "string");
    if (names.length < binding.path.length) computed.push(binding);
    else branchAt(root, names).bindings.push(withoutPath(binding));
  }
  return set([...fold(root), ...computed]);
}

/** A binding whose names are told by where it hangs. */
function withoutPath(binding: BindNode): BindNode {
  return make<BindNode>({ ...binding, path: Object.freeze([]) });
}

function newBranch(): Branch {
  return { children: new Map(), bindings: [] };
}

function branchAt(root: Branch, names: readonly string[]): Branch {
  let branch = root;
  for (const name of names) {
    const below = branch.children.get(name) ?? newBranch();
    branch.children.set(name, below);
    branch = below;
  }
  return branch;
}

/** The bindings below a branch. Option paths are short, so this may recurse. */
function fold(branch: Branch): Binding[] {
  const names = [...branch.children.keys()].sort();
  return names.flatMap((name): Binding[] => {
    const below = branch.children.get(name)!;
    // A set literal for a name that has deeper paths too: Nix merges paths with it at any depth, but sets only one deep.
    if (below.bindings.length > 0) return leaves(below).map((binding) => withPath([name], binding));
    const inner = fold(below);
    const only = inner.length === 1 ? inner[0]! : undefined;
    if (only?.kind === "bind") return [withPath([name], only)];
    return [make<BindNode>({ kind: "bind", path: Object.freeze([name]), value: set(inner) })];
  });
}

/** The bindings of a branch and of all below it, with the rest of their paths. */
function leaves({ bindings, children }: Branch): BindNode[] {
  const deeper = [...children].flatMap(([name, below]) => leaves(below).map((binding) => withPath([name], binding)));
  return [...bindings, ...deeper];
}

/** `binding` one or more names further up. */
function withPath(names: readonly PathStep[], binding: BindNode): BindNode {
  return make<BindNode>({ ...binding, path: Object.freeze([...names, ...binding.path]) });
}

function set(bindings: Binding[]): AttrsNode {
  return make<AttrsNode>({ kind: "attrs", bindings: Object.freeze(bindings), rec: false });
}
