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

/**
 * Refuses what Nix calls "attribute already defined": two bindings for one path. Like Nix it lets `a.b`, `a.c` and
 * set literals for `a` grow together. Only literals that meet are looked into, so checking a tree costs no more than building it.
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

/** Where definitions are entered: a level of attributes, and the names above it. */
interface Place {
  readonly level: Map<string, Slot>;
  readonly above: readonly string[];
}

class Definitions {
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  enterAll(bindings: readonly Binding[]): void {
    const level = new Map<string, Slot>();
    for (const binding of bindings) this.enterBinding({ level, above: [] }, binding, binding.origin);
  }

  private enterBinding(place: Place, binding: Binding, origin: string | undefined): void {
    if (binding.kind === "inherit") {
      for (const name of binding.names) this.enter(place, [name], undefined, origin);
      return;
    }
    const computed = binding.path.findIndex((step) => typeof step !== "string");
    const names = binding.path.slice(0, computed < 0 ? undefined : computed) as readonly string[];
    // What stands above a computed name must be a set; which names are in it only evaluation can tell.
    if (names.length > 0) this.enter(place, names, computed < 0 ? mergeable(binding.value) : [], origin);
  }

  private enter(place: Place, path: readonly string[], literal: readonly Binding[] | undefined, origin?: string): void {
    let { level } = place;
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
        const here = [...place.above, ...path.slice(0, depth)];
        const opaque = slot.children === undefined && slot.literal === undefined;
        if (opaque || (last && literal === undefined)) this.clash(here, slot.origin, origin);
        level = this.open(slot, here);
      }
    }
    this.merge({ level, above: [...place.above, ...path] }, literal!, origin);
  }

  /** A literal that meets an open set. Nix merges the two one level deep only: none of its names may be there yet. */
  private merge(place: Place, literal: readonly Binding[], origin: string | undefined): void {
    const before = new Set(place.level.keys());
    for (const binding of literal) {
      const by = binding.origin ?? origin;
      for (const name of binding.kind === "inherit" ? binding.names : [binding.path[0]!]) {
        if (typeof name !== "string" || !before.has(name)) continue;
        this.clash([...place.above, name], place.level.get(name)!.origin, by);
      }
      this.enterBinding(place, binding, by);
    }
  }

  /** The attributes below a slot; a literal that waited there is entered now. */
  private open(slot: Slot, above: readonly string[]): Map<string, Slot> {
    const level = slot.children ?? new Map<string, Slot>();
    slot.children = level;
    const waiting = slot.literal ?? [];
    slot.literal = undefined;
    for (const binding of waiting) this.enterBinding({ level, above }, binding, binding.origin ?? slot.origin);
    return level;
  }

  private clash(path: readonly string[], first: string | undefined, second: string | undefined): never {
    const known = first !== undefined || second !== undefined;
    throw new NixError({
      path: formatPath(path, this.root),
      what: known ? `is defined by ${first ?? "?"} and by ${second ?? "?"}` : "is defined twice",
      accepted: "one definition for each attribute",
    });
  }
}
