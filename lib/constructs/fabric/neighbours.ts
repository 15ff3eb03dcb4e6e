/** Up to this many members every pair is probed; n members cost n·(n−1) probes. */
const ALL_PAIRS_UP_TO = 16;

/**
 * Whom member `index` of `count` probes. Small segments probe all pairs; in large ones each member probes those at
 * distance 1, 2, 4, 8 … in the order of names, which reaches everybody over log₂ n steps at n·log₂ n probes.
 */
export function neighbours(index: number, count: number): readonly number[] {
  if (count <= ALL_PAIRS_UP_TO) return [...Array(count).keys()].filter((other) => other !== index);
  const found: number[] = [];
  for (let distance = 1; distance < count; distance *= 2) found.push((index + distance) % count);
  return found;
}
