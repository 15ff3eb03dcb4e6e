import { CLOCKS } from "./clock";
import { DAMAGES } from "./damage";
import { DISKS } from "./disk";
import { BOUNDARIES, KILLS } from "./kills";
import { LIES } from "./liar";
import { numbers } from "./table";

export type Part = "kills" | "lies" | "damage" | "disks" | "clocks";

/** One fault to inject. */
export interface Job {
  readonly part: Part;
  readonly fault: string;
  readonly moment: string;
  readonly seed: number;
}

export interface Extent {
  readonly seed: number;
  /** Kills at random moments. */
  readonly random: number;
  /** Everything, or a few of each part. */
  readonly thorough: boolean;
  /** What does not depend on the resource type that carries the deploy, which one applier is enough for. */
  readonly others: boolean;
  /** Only faults whose part or name holds this. */
  readonly only?: string;
}

/** Of each other part, in the short form. */
const A_FEW: Readonly<Record<Exclude<Part, "kills">, number>> = { lies: 5, damage: 3, disks: 3, clocks: 1 };

/** All faults of one run, in an order that the seed decides. */
export function jobs(extent: Extent): Job[] {
  const random = numbers(extent.seed);
  const isWanted = ({ part, fault }: Fault) => extent.only === undefined || `${part}: ${fault}`.includes(extent.only);
  const other = (part: Exclude<Part, "kills">, faults: readonly Omit<Fault, "part">[]) => {
    const own = shuffled(faults.map((fault) => ({ part, ...fault })).filter(isWanted), random);
    return extent.thorough || extent.only !== undefined ? own : own.slice(0, A_FEW[part]);
  };
  const others = [
    ...other(
      "lies",
      LIES.map((fault) => ({ fault, moment: "the start" })),
    ),
    ...other("damage", DAMAGES),
    ...other("disks", DISKS),
    ...other("clocks", CLOCKS),
  ];
  const all = [...kills(extent).filter(isWanted), ...(extent.others ? others : [])];
  return shuffled(all, random).map((fault) => ({ ...fault, seed: Math.floor(random() * 2 ** 31) }));
}

type Fault = Omit<Job, "seed">;

/** Signals that programs may answer come at random moments; what nobody can answer comes at every boundary too. */
function kills({ random, thorough }: Extent): Fault[] {
  const faults = Object.keys(KILLS);
  const hard = faults.filter((fault) => !fault.includes("SIG"));
  const atBoundaries = thorough
    ? hard.flatMap((fault) => BOUNDARIES.map((moment) => ({ fault, moment })))
    : BOUNDARIES.map((moment, i) => ({ fault: hard[i % hard.length]!, moment }));
  const atRandom = Array.from({ length: random }, (_, i) => ({ fault: faults[i % faults.length]!, moment: "random" }));
  return [...atBoundaries, ...atRandom].map((fault) => ({ part: "kills", ...fault }));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}
