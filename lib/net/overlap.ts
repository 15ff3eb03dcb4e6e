import type { Cidr } from "./cidr";

/** Two entries whose networks share addresses; `outer` holds `inner` whole, or equals it. */
export interface CidrOverlap<T> {
  /** The entry whose network is the larger one, or comes first of two equal ones. */
  readonly outer: T;
  /** The entry whose network lies within it. */
  readonly inner: T;
}

/**
 * Finds overlapping networks: for each entry that lies inside another, the smallest one around it.
 * Networks nest or are disjoint, so a sort and one sweep with a stack do; the cost is O(n log n).
 */
export function findOverlaps<T>(entries: readonly T[], cidrOf: (entry: T) => Cidr): CidrOverlap<T>[] {
  const sorted = entries.map((entry) => ({ entry, cidr: cidrOf(entry) }));
  sorted.sort((left, right) => left.cidr.compareTo(right.cidr));
  const open: typeof sorted = [];
  const overlaps: CidrOverlap<T>[] = [];
  for (const current of sorted) {
    while (open.length > 0 && !open[open.length - 1]!.cidr.overlaps(current.cidr)) open.pop();
    const outer = open[open.length - 1];
    if (outer) overlaps.push({ outer: outer.entry, inner: current.entry });
    open.push(current);
  }
  return overlaps;
}
