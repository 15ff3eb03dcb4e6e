import { defineProblem } from "../errors";
import { Bytes, type Duration, type Rate } from "../units";
import type { Derivation } from "./derivation";

const RANKS = defineProblem("NL-RANKS", "A collective has at least one rank");

/** What each rank sends (and receives) in a ring all-reduce of `size` bytes: 2·(N−1)/N·S, whatever N is about 2·S. */
export function ringAllReduceTraffic(ranks: number, size: Bytes): Derivation<Bytes> {
  if (!Number.isInteger(ranks) || ranks < 1) {
    throw RANKS({ what: "a collective has at least one rank", value: ranks, allowed: "1, 2, 3 …" });
  }
  return {
    value: Bytes.of(Math.ceil((2 * (ranks - 1) * size.toBytes()) / ranks)),
    because: `2 · (${ranks} − 1) / ${ranks} · ${size}`,
    source: "Patarasuk, Yuan: Bandwidth Optimal All-reduce Algorithms, 2009",
  };
}

/** One all-reduce over a ring of ranks. */
export interface AllReduceProps {
  /** Processes that take part, each with a network port of its own. */
  readonly ranks: number;
  /** Bytes to reduce on each rank: the gradients, divided by tensor and pipeline parallelism. */
  readonly size: Bytes;
  /** Network rate of one rank. */
  readonly rate: Rate;
}

/** Least time of a ring all-reduce: the traffic of one rank at line rate. Latency, 2·(N−1) steps of it, comes on top. */
export function ringAllReduceTime(props: AllReduceProps): Derivation<Duration> {
  const traffic = ringAllReduceTraffic(props.ranks, props.size);
  return {
    value: props.rate.timeFor(traffic.value),
    because: `${traffic.because} at ${props.rate}`,
    source: traffic.source,
  };
}
