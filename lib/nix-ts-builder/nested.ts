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
    else branchAt(root, names).bindings.push(binding);
  }
  return set([...fold(root), ...computed]);
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
    const inner = fold(below);
    const own = below.bindings.map((binding) => withPath([name], binding));
    if (inner.length === 0) return own;
    if (inner.length === 1 && own.length === 0 && inner[0]!.kind === "bind")
      return [withPath([name, ...inner[0]!.path], inner[0]!)];
    return [...own, make<BindNode>({ kind: "bind", path: Object.freeze([name]), value: set(inner) })];
  });
}

function withPath(path: readonly PathStep[], binding: BindNode): BindNode {
  return make<BindNode>({ ...binding, path: Object.freeze(path) });
}

function set(bindings: Binding[]): AttrsNode {
  return make<AttrsNode>({ kind: "attrs", bindings: Object.freeze(bindings), rec: false });
}
