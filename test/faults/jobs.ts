import { BOUNDARIES, KILLS } from "./kills";
import { numbers } from "./table";

/** One fault to inject. */
export interface Job {
  readonly part: string;
  readonly fault: string;
  readonly moment: string;
  readonly seed: number;
}

export interface Extent {
  readonly seed: number;
  /** Kills at random moments. */
  readonly random: number;
  /** Every fault at every boundary, or each boundary once. */
  readonly thorough: boolean;
  /** Only faults whose part or name holds this. */
  readonly only?: string;
}

/** All faults of one run, in an order that the seed decides. */
export function jobs(extent: Extent): Job[] {
  const random = numbers(extent.seed);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)]!;
  const faults = Object.keys(KILLS);
  // Signals that programs may answer are struck at random moments; what nobody can answer is struck everywhere.
  const hard = faults.filter((fault) => !fault.includes("SIG"));
  const atBoundaries = extent.thorough
    ? hard.flatMap((fault) => BOUNDARIES.map((moment) => ({ fault, moment })))
    : BOUNDARIES.map((moment, i) => ({ fault: hard[i % hard.length]!, moment }));
  const atRandom = Array.from({ length: extent.random }, (_, i) => ({
    fault: faults[i % faults.length]!,
    moment: "random",
  }));
  const all = [...atBoundaries, ...atRandom]
    .map(({ fault, moment }) => ({ part: "kills", fault, moment: moment as string }))
    .filter(({ part, fault }) => extent.only === undefined || `${part} ${fault}`.includes(extent.only));
  const shuffled: Job[] = [];
  while (all.length > 0) {
    const next = pick(all);
    all.splice(all.indexOf(next), 1);
    shuffled.push({ ...next, seed: Math.floor(random() * 2 ** 31) });
  }
  return shuffled;
}
