import { fail } from "../errors";

const NEAR_ENOUGH = 3;
const MOST_SUGGESTED = 5;

/** Finds an entry, or fails with the ids that look most like the one asked for. */
export function lookUp<T>(query: {
  readonly code: string;
  readonly kind: string;
  readonly table: ReadonlyMap<string, T>;
  readonly id: string;
}): T {
  const found = query.table.get(query.id);
  if (found !== undefined) return found;
  const near = nearMatches(query.id, [...query.table.keys()]);
  fail({
    code: query.code,
    what: `there is no ${query.kind} of this name`,
    value: query.id,
    allowed: [...query.table.keys()].sort().join(", "),
    remedy: near.length > 0 ? near.map((id) => JSON.stringify(id)).join(" or ") : undefined,
  });
}

/** Ids that contain the text, or differ from it in few letters, best first. */
export function nearMatches(text: string, ids: readonly string[]): string[] {
  const wanted = text.toLowerCase();
  return ids
    .map((id) => ({ id, distance: id.includes(wanted) && wanted !== "" ? 0 : editDistance(wanted, id) }))
    .filter(({ distance }) => distance <= NEAR_ENOUGH)
    .sort((left, right) => left.distance - right.distance || (left.id < right.id ? -1 : 1))
    .slice(0, MOST_SUGGESTED)
    .map(({ id }) => id);
}

/** Levenshtein distance, with one row of memory. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = row[j - 1]! + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}
