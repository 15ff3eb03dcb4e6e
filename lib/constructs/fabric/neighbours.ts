/** Up to this many members every pair is probed; n members cost n·(n−1) probes. */
const ALL_PAIRS_UP_TO = 16;

/** Above it each member probes this many, so that checks grow with the members and not with the pairs. */
const PROBES = 4;

/**
 * Whom member `index` of `count` probes. Small segments probe all pairs; in large ones each member probes those at
 * distance 1, n^¼, n^½ and n^¾ in the order of names: next neighbours and far racks alike, and everybody is probed.
 */
export function neighbours(index: number, count: number): readonly number[] {
  if (count <= ALL_PAIRS_UP_TO) return [...Array(count).keys()].filter((other) => other !== index);
  return Array.from({ length: PROBES }, (_, i) => (index + Math.round(count ** (i / PROBES))) % count);
}
