/** Up to this share of a word may differ for it to count as a slip of the pen. */
const TOLERANCE = 0.4;

/** The candidates most like `wanted`, best first; none when nothing is like it. */
export function nearest(wanted: string, candidates: Iterable<string>, count = 3): readonly string[] {
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distance(wanted, candidate) }))
    .filter(({ candidate, distance }) => distance <= TOLERANCE * Math.max(wanted.length, candidate.length))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** Levenshtein's distance: how many characters have to be added, removed or replaced. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}
