import { formatPath, NixError } from "./error";
import type { Binding, NixNode } from "./tree";

/** What is known of one attribute while the bindings of a set are compared. */
interface Slot {
  /** A set literal that nothing has met yet, so that it need not be looked into. */
  literal?: readonly Binding[];
  /** The attributes below. A slot with neither has a value that nothing can be merged into. */
  children?: Map<string, Slot>;
  readonly origin: string | undefined;
}

/** One definition that is still to be entered. */
interface Definition {
  readonly into: Map<string, Slot>;
  readonly above: readonly string[];
  readonly binding: Binding;
  readonly origin: string | undefined;
}

/**
 * Refuses what Nix calls "attribute already defined": two bindings for one path. Like Nix it lets `a.b`, `a.c` and set
 * literals for `a` grow together. Only literals that meet are looked into, so checking a tree costs no more than building it.
 *
 * @throws NixError naming the path and both origins
 */
export function refuseDuplicates(bindings: readonly Binding[], root: string): void {
  if (!allPlain(bindings)) new Definitions(root).enterAll(bindings);
}

/** The common case, one distinct static name each, needs no slots. */
function allPlain(bindings: readonly Binding[]): boolean {
  const seen = new Set<string>();
  for (const binding of bindings) {
    if (binding.kind !== "bind" || binding.path.length !== 1) return false;
    const name = binding.path[0]!;
    if (typeof name !== "string") continue;
    if (seen.has(name)) return false;
    seen.add(name);
  }
  return true;
}

/** The bindings of a set literal that Nix merges with others of the same path. */
function mergeable(value: NixNode): readonly Binding[] | undefined {
  return value.kind === "attrs" && !value.rec ? value.bindings : undefined;
}

class Definitions {
  private readonly root: string;
  private readonly work: Definition[] = [];

  constructor(root: string) {
    this.root = root;
  }

  enterAll(bindings: readonly Binding[]): void {
    this.queue(bindings, new Map(), [], undefined);
    for (let next = this.work.pop(); next !== undefined; next = this.work.pop()) this.enterBinding(next);
  }

  /** Queues bindings so that they are entered in their order. */
  private queue(
    bindings: readonly Binding[],
    into: Map<string, Slot>,
    above: readonly string[],
    by: string | undefined,
  ): void {
    for (let index = bindings.length - 1; index >= 0; index--) {
      const binding = bindings[index]!;
      this.work.push({ into, above, binding, origin: binding.origin ?? by });
    }
  }

  private enterBinding({ into, above, binding, origin }: Definition): void {
    if (binding.kind === "inherit") {
      for (const name of binding.names) this.enter(into, above, [name], undefined, origin);
    } else if (binding.path.every((step) => typeof step === "string")) {
      this.enter(into, above, binding.path as readonly string[], mergeable(binding.value), origin);
    }
  }

  private enter(
    into: Map<string, Slot>,
    above: readonly string[],
    path: readonly string[],
    literal: readonly Binding[] | undefined,
    origin: string | undefined,
  ): void {
    let level = into;
    for (let depth = 1; depth <= path.length; depth++) {
      const name = path[depth - 1]!;
      const last = depth === path.length;
      const slot = level.get(name);
      if (slot === undefined) {
        const children = last ? undefined : new Map<string, Slot>();
        level.set(name, { origin, children, literal: last ? literal : undefined });
        if (children === undefined) return;
        level = children;
      } else {
        const here = [...above, ...path.slice(0, depth)];
        const opaque = slot.children === undefined && slot.literal === undefined;
        if (opaque || (last && literal === undefined)) this.clash(here, slot.origin, origin);
        level = this.open(slot, here);
      }
    }
    // The last name met an open set: what the literal holds goes in next to what is there.
    this.queue(literal!, level, [...above, ...path], origin);
  }

  /** The attributes below a slot; a literal that waited there is entered now. */
  private open(slot: Slot, above: readonly string[]): Map<string, Slot> {
    const children = slot.children ?? new Map<string, Slot>();
    slot.children = children;
    const waiting = slot.literal ?? [];
    slot.literal = undefined;
    for (const binding of waiting)
      this.enterBinding({ into: children, above, binding, origin: binding.origin ?? slot.origin });
    return children;
  }

  private clash(path: readonly string[], first: string | undefined, second: string | undefined): never {
    const known = first !== undefined || second !== undefined;
    throw new NixError({
      path: formatPath(this.root === "" ? path : [this.root, ...path]),
      what: known ? `is defined by ${first ?? "?"} and by ${second ?? "?"}` : "is defined twice",
      accepted: "one definition for each attribute",
    });
  }
}
