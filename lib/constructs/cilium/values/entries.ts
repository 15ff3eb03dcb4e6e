import type { ValueTree } from "../data";
import { valuesDefaults } from "../data";

/** Helm values with the reason for each, in the making. */
export class ValueEntries {
  private readonly entries = new Map<string, { readonly value: unknown; readonly because: string }>();

  /** Sets the value at a path of names joined with dots; undefined sets nothing. A later call for the same path wins. */
  set(path: string, value: unknown, because: string): void {
    if (value !== undefined) this.entries.set(path, { value, because });
  }

  /** The values as a tree with sorted keys, without those that the chart would take anyway. */
  toTree(): ValueTree {
    const defaults = valuesDefaults();
    let tree: ValueTree = {};
    for (const [path, { value }] of this.sorted()) {
      if (!sameValue(valueAt(defaults, path), value)) tree = withValue(tree, path.split("."), value);
    }
    return tree;
  }

  /** Path → reason, for the values that {@link toTree} holds. */
  reasons(): ReadonlyMap<string, string> {
    const defaults = valuesDefaults();
    const kept = this.sorted().filter(([path, { value }]) => !sameValue(valueAt(defaults, path), value));
    return new Map(kept.map(([path, { because }]) => [path, because]));
  }

  private sorted(): [string, { readonly value: unknown; readonly because: string }][] {
    return [...this.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** The value at a path, or undefined. */
export function valueAt(tree: unknown, path: string): unknown {
  let node: unknown = tree;
  for (const name of path.split(".")) {
    if (!isBranch(node) || !Object.hasOwn(node, name)) return undefined;
    node = node[name];
  }
  return node;
}

/** `base` overlaid with `over` as Helm does it: records are merged, everything else is replaced, null removes. */
export function mergeValues(base: ValueTree, over: ValueTree): ValueTree {
  const out: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = out[name];
    out[name] = isBranch(below) && isBranch(value) ? mergeValues(below, value) : value;
  }
  return out;
}

/** Calls `visit` for every leaf; empty records and lists are leaves. */
export function eachLeaf(tree: ValueTree, visit: (path: readonly string[], value: unknown) => void): void {
  const walk = (node: unknown, path: readonly string[]): void => {
    if (isBranch(node) && Object.keys(node).length > 0) {
      for (const [name, sub] of Object.entries(node)) if (sub !== undefined) walk(sub, [...path, name]);
    } else visit(path, node);
  };
  for (const [name, sub] of Object.entries(tree)) if (sub !== undefined) walk(sub, [name]);
}

export function isBranch(value: unknown): value is ValueTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withValue(tree: ValueTree, [name, ...rest]: readonly string[], value: unknown): ValueTree {
  const below = tree[name!];
  return { ...tree, [name!]: rest.length === 0 ? value : withValue(isBranch(below) ? below : {}, rest, value) };
}

/** Equal in meaning to the chart: null, "" and an absent value all mean "not given". */
function sameValue(a: unknown, b: unknown): boolean {
  const plain = (value: unknown): string => JSON.stringify(value === "" || value === undefined ? null : value);
  return plain(a) === plain(b);
}
