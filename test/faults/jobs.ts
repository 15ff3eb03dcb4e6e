import { CLOCKS } from "./clock";
import { DAMAGES } from "./damage";
import { DISKS } from "./disk";
import { BOUNDARIES, KILLS } from "./kills";
import { LIES } from "./liar";
import { numbers } from "./table";

export type Part = "kills" | "lies" | "damage" | "disks" | "clocks";

/** A fault and when it strikes, before a run gives it a seed. */
export interface Fault {
  readonly fault: string;
  readonly moment: string;
  /** Everything of an earlier round comes first, so that a run that is cut short has tried a bit of all. @default 0 */
  readonly round?: number;
}

/** One fault to inject. */
export interface Job {
  readonly part: Part;
  readonly fault: string;
  readonly moment: string;
  readonly seed: number;
}

export interface Extent {
  readonly seed: number;
  /** The seed that appliers share the other parts by; the same for all. */
  readonly shareSeed: number;
  /** Kills at random moments. */
  readonly random: number;
  /** Everything, or a few of each part. */
  readonly thorough: boolean;
  /** Of what does not depend on the resource type that carries the deploy, each applier gets its share: this one of so many. */
  readonly share: readonly [index: number, count: number];
  /** Only faults whose part or name holds this. */
  readonly only?: string;
}

/** Of each other part, in the short form. */
const A_FEW: Readonly<Record<Exclude<Part, "kills">, number>> = { lies: 5, damage: 3, disks: 3, clocks: 1 };

/** All faults of one run, in an order that the seed decides. */
export function jobs(extent: Extent): Job[] {
  const random = numbers(extent.seed);
  const isWanted = ({ part, fault }: FaultOfPart) =>
    extent.only === undefined || `${part}: ${fault}`.includes(extent.only);
  const [index, count] = extent.share;
  const other = (part: Exclude<Part, "kills">, faults: readonly Fault[]) => {
    const own = inRounds(faults.map((fault) => ({ part, ...fault })).filter(isWanted), numbers(extent.shareSeed));
    const some = extent.thorough || extent.only !== undefined ? own : own.slice(0, A_FEW[part]);
    return some.filter((_, i) => i % count === index);
  };
  const all = [
    ...kills(extent).filter(isWanted),
    ...other(
      "lies",
      LIES.map((fault) => ({ fault, moment: "the start" })),
    ),
    ...other("damage", DAMAGES),
    ...other("disks", DISKS),
    ...other("clocks", CLOCKS),
  ];
  return inRounds(all, random).map(({ part, fault, moment }) => ({
    part,
    fault,
    moment,
    seed: Math.floor(random() * 2 ** 31),
  }));
}

type FaultOfPart = Fault & { readonly part: Part };

/** Signals that programs may answer come at random moments; what nobody can answer comes at every boundary too. */
function kills({ random, thorough }: Extent): FaultOfPart[] {
  const faults = Object.keys(KILLS);
  const hard = faults.filter((fault) => !fault.includes("SIG"));
  const atBoundaries = thorough
    ? hard.flatMap((fault) => BOUNDARIES.map((moment) => ({ fault, moment })))
    : BOUNDARIES.map((moment, i) => ({ fault: hard[i % hard.length]!, moment }));
  const atRandom = Array.from({ length: random }, (_, i) => ({ fault: faults[i % faults.length]!, moment: "random" }));
  return [...atBoundaries, ...atRandom].map((fault) => ({ part: "kills", ...fault }));
}

/** Shuffled within each round. */
function inRounds<T extends Fault>(faults: readonly T[], random: () => number): T[] {
  return shuffled(faults, random).sort((left, right) => (left.round ?? 0) - (right.round ?? 0));
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}
