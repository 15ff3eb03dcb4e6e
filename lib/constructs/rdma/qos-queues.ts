import type { FabricPort } from "../../host";
import { ROCE_DSCP, type QosClass } from "../../tuning";
import type { Mtu, Rate } from "../../units";

const PRIORITIES = 8;
/** Full packets that the band with the smallest share sends in its turn, as many as `fq` gives a flow. */
const QUANTUM_PACKETS = 2;
/** One segment of offloaded TCP; `tbf` cuts larger ones into packets. */
const LEAST_BURST_BYTES = 65_536;
/** What a strict class may send at once at the rate of the link, before its limit holds it back. */
const BURST_SECONDS = 0.001;
/** Longest wait in a strict class: what would wait longer is dropped, since the class is for what cannot wait. */
const STRICT_LATENCY = "10ms";

/** The queues of the card, priority by priority, as `dcb` and `mlnx_qos` take them. */
export interface HardwareQueues {
  readonly pfc: readonly boolean[];
  readonly prioTc: readonly number[];
  readonly tcTsa: readonly ("strict" | "ets")[];
  readonly tcBw: readonly number[];
  readonly maxRate?: readonly number[];
  readonly dscp: readonly (readonly [dscp: number, priority: number])[];
  /** The class of {@link HARDWARE_QDISC} that each DSCP enters. */
  readonly enters: NonNullable<FabricPort["enters"]>;
  readonly strict: NonNullable<FabricPort["strict"]>;
}

/**
 * Puts each class on the traffic class of its priority. In 802.1Q a higher traffic class wins under `strict`, so the
 * numbers are the priorities. Priorities that no class has share the traffic class of priority 0.
 */
export function hardwareQueues(classes: readonly QosClass[], rate?: Rate): HardwareQueues {
  const by = (priority: number): QosClass | undefined => classes.find((entry) => entry.priority === priority);
  const all = Array.from({ length: PRIORITIES }, (_, priority) => by(priority));
  const dscp = pointsOf(classes);
  return {
    pfc: all.map((entry) => entry?.lossless ?? false),
    prioTc: all.map((entry, priority) => (entry ? priority : 0)),
    tcTsa: all.map((entry) => entry?.scheduler ?? "ets"),
    tcBw: all.map((entry) => (entry?.scheduler === "ets" ? entry.share : 0)),
    maxRate: rate && all.map((entry) => (entry?.scheduler === "strict" ? limitOf(rate, entry.share) : 0)),
    dscp,
    // tc-mqprio numbers traffic classes from ffe0, in hexadecimal.
    enters: dscp.map(([point, priority]) => [point, `1:${(0xffe0 + priority).toString(16)}`] as const),
    strict: strictOf(classes, rate),
  };
}

function strictOf(classes: readonly QosClass[], rate: Rate | undefined): HardwareQueues["strict"] {
  const strict = classes.filter(({ scheduler }) => scheduler === "strict");
  return { share: strict.reduce((total, { share }) => total + share, 0), limited: rate !== undefined };
}

/** Every DSCP of a plan and its priority, in order. */
export function pointsOf(classes: readonly QosClass[]): readonly (readonly [dscp: number, priority: number])[] {
  return classes
    .flatMap(({ dscp, priority }) => dscp.map((point) => [point, priority] as const))
    .sort(([left], [right]) => left - right);
}

/** Cards take limits in steps of 100 Mbit/s. */
function limitOf(rate: Rate, share: number): number {
  const step = 1e8;
  return Math.max(step, Math.ceil((rate.toBps() * share) / 100 / step) * step);
}

/** Root qdisc that hands the priorities of sockets to the hardware queues above. */
export const HARDWARE_QDISC = "root handle 1: mqprio num_tc 8 map 0 1 2 3 4 5 6 7 0 0 0 0 0 0 0 0 hw 1 mode dcb";

/** Bands of a card without hardware queues. In `tc ets` band 0 wins, the other way round than in 802.1Q. */
export interface SoftwareQueues {
  /** Arguments of `tc qdisc replace dev …`. */
  readonly qdisc: string;
  readonly bands: readonly (readonly [parent: string, qdisc: string])[];
  /** The class of the qdisc that each DSCP enters. */
  readonly enters: HardwareQueues["enters"];
  readonly strict: HardwareQueues["strict"];
}

/**
 * The plan as `tc-ets`: strict bands first, highest priority on band 0, then the weighted ones with quanta in the ratio
 * of their shares. Their queues are `fq_codel`, since `fq` and `tbf` hold packets back and break bandwidth sharing.
 * Strict bands are passed by while they hold packets back, so there `tbf` keeps the limit, once the link's rate is known.
 */
export function softwareQueues(classes: readonly QosClass[], mtu: Mtu, rate?: Rate): SoftwareQueues {
  const ordered = [...classes].sort(
    (left, right) =>
      Number(right.scheduler === "strict") - Number(left.scheduler === "strict") || right.priority - left.priority,
  );
  const strictBands = ordered.filter((entry) => entry.scheduler === "strict").length;
  const weighted = ordered.slice(strictBands);
  const smallest = Math.min(...weighted.map((entry) => entry.share));
  const quanta = weighted.map((entry) => Math.round((entry.share / smallest) * QUANTUM_PACKETS * mtu.value));
  const bandOf = (priority: number): number => ordered.findIndex((entry) => entry.priority === priority);
  const fallback = Math.max(0, bandOf(0));
  const priorityMap = Array.from({ length: 16 }, (_, priority) => {
    const band = bandOf(priority);
    return band < 0 ? fallback : band;
  });
  return {
    qdisc: [
      `root handle 1: ets bands ${ordered.length}`,
      ...(strictBands > 0 ? [`strict ${strictBands}`] : []),
      ...(quanta.length > 0 ? [`quanta ${quanta.join(" ")}`] : []),
      `priomap ${priorityMap.join(" ")}`,
    ].join(" "),
    bands: ordered.map((entry, band) => [classOf(band), queueOf(entry, rate)] as const),
    enters: pointsOf(classes).map(([point, priority]) => [point, classOf(bandOf(priority))] as const),
    strict: strictOf(classes, rate),
  };
}

/** `tc` numbers the classes of bands from 1, in hexadecimal. */
const classOf = (band: number): string => `1:${(band + 1).toString(16)}`;

function queueOf(entry: QosClass, rate: Rate | undefined): string {
  if (entry.scheduler === "strict" && rate !== undefined) {
    const limit = (rate.toBps() * entry.share) / 100;
    const burst = Math.max(LEAST_BURST_BYTES, Math.ceil((limit / 8) * BURST_SECONDS));
    return `tbf rate ${Math.ceil(limit / 1000)}kbit burst ${burst} latency ${STRICT_LATENCY}`;
  }
  return entry.ecn ? "fq_codel ecn" : "fq_codel noecn";
}

/** The class that RoCE data is sent in: the one with RDMA as its transport. */
export function rdmaClass(classes: readonly QosClass[]): QosClass | undefined {
  return classes.find((entry) => entry.transport === "rdma") ?? classes.find((entry) => entry.dscp.includes(ROCE_DSCP));
}
