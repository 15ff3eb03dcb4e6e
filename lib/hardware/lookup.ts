import type { ProblemKind } from "../errors";
import { nearest } from "../nearest";

/** Finds an entry, or fails with the ids that look most like the one asked for. */
export function lookUp<T>(query: {
  readonly problem: ProblemKind;
  readonly kind: string;
  readonly table: ReadonlyMap<string, T>;
  readonly id: string;
}): T {
  const found = query.table.get(query.id);
  if (found !== undefined) return found;
  const near = nearMatches(query.id, [...query.table.keys()]);
  throw query.problem({
    what: `there is no ${query.kind} of this name`,
    value: query.id,
    allowed: [...query.table.keys()].sort().join(", "),
    remedy: near.length > 0 ? near.map((id) => JSON.stringify(id)).join(" or ") : undefined,
  });
}

/** Ids that contain the text, then those that look like it. */
export function nearMatches(text: string, ids: readonly string[]): string[] {
  const within = text === "" ? [] : ids.filter((id) => id.includes(text.toLowerCase())).sort();
  return [...new Set([...within, ...nearest(text.toLowerCase(), ids)])];
}
