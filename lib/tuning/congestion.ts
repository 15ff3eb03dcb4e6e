import { Duration, Rate } from "../units";
import type { Derivation } from "./derivation";

/** TCP congestion controls that Netloom knows how to set up. */
export type CongestionControl = "bbr" | "cubic" | "dctcp" | "reno";

/** What a congestion control needs around it. */
export interface CongestionProfile {
  /** As the kernel lists it in `net.ipv4.tcp_available_congestion_control`. */
  readonly name: CongestionControl;
  /** Kernel module that brings it. @default - none: built into every kernel */
  readonly module?: string;
  /** Queueing disciplines that suit it, best first. */
  readonly leafQdiscs: readonly ("fq" | "fq_codel" | "pfifo")[];
  /** What it makes of ECN marks: nothing, slowing down where they come, or it is of no use without them. */
  readonly ecn: "ignored" | "optional" | "required";
  /** What it is good for, in one clause. */
  readonly use: string;
  /** Document that the profile follows. */
  readonly source: string;
}

/** Congestion controls by name. */
export const CONGESTION_CONTROLS: Readonly<Record<CongestionControl, CongestionProfile>> = {
  bbr: {
    name: "bbr",
    module: "tcp_bbr",
    leafQdiscs: ["fq"],
    ecn: "ignored",
    use: "paths with loss or a long round trip",
    source: "Linux net/ipv4/tcp_bbr.c",
  },
  cubic: {
    name: "cubic",
    leafQdiscs: ["fq", "fq_codel"],
    ecn: "optional",
    use: "the kernel's default, LAN and WAN",
    source: "RFC 9438",
  },
  dctcp: {
    name: "dctcp",
    module: "tcp_dctcp",
    leafQdiscs: ["fq", "pfifo"],
    ecn: "required",
    use: "a fabric whose switches mark ECN, towards peers that all run it",
    source: "RFC 8257, Linux Documentation/networking/dctcp.rst",
  },
  reno: {
    name: "reno",
    leafQdiscs: ["fq", "fq_codel"],
    ecn: "optional",
    use: "a baseline for measurements",
    source: "RFC 5681",
  },
};

const LAN_RTT = Duration.millis(1);

/** What is known about a path, as far as it decides how to control congestion. */
export interface CongestionPath {
  /** Round-trip time without queueing. */
  readonly rtt: Duration;
  /** Packets are lost other than by full queues: radio, long WAN, policers. @default false */
  readonly lossy?: boolean;
  /** Every switch on the path marks ECN, and every peer runs the same. @default false */
  readonly marking?: boolean;
}

/** Picks a congestion control: DCTCP where the fabric marks, BBR where loss or distance hurts CUBIC, else CUBIC. */
export function chooseCongestionControl(path: CongestionPath): Derivation<CongestionControl> {
  if (path.marking) {
    return {
      value: "dctcp",
      because: "the fabric marks ECN, so queues stay short",
      source: CONGESTION_CONTROLS.dctcp.source,
    };
  }
  if (path.lossy || path.rtt.compareTo(LAN_RTT) >= 0) {
    return {
      value: "bbr",
      because: path.lossy ? "single losses do not slow it down" : `at ${path.rtt} CUBIC recovers slowly after a loss`,
      source: CONGESTION_CONTROLS.bbr.source,
    };
  }
  return {
    value: "cubic",
    because: `at ${path.rtt} without loss BBR has nothing to win`,
    source: CONGESTION_CONTROLS.cubic.source,
  };
}

/** What happens when two congestion controls share a queue. */
export function coexistence(
  left: CongestionControl,
  right: CongestionControl,
): Derivation<"fine" | "unfair" | "refused"> {
  const pair = new Set([left, right]);
  const source = "RFC 8257, section 6; Linux net/ipv4/tcp_bbr.c";
  if (pair.size === 1) return { value: "fine", because: "the same control on both sides", source };
  if (pair.has("dctcp")) {
    return {
      value: "refused",
      because: "DCTCP keeps the queue at its marking threshold, others fill it or starve",
      source,
    };
  }
  if (pair.has("bbr")) {
    return { value: "unfair", because: "BBR keeps about two BDP in flight whatever the others lose", source };
  }
  return { value: "fine", because: "loss-based controls share a queue", source };
}

/** Above this rate one lock for all queues costs more than fair queueing brings. */
export const SINGLE_QUEUE_LIMIT = Rate.gbps(10);

/** Whether a queueing discipline may replace the multiqueue root of a card. */
export function rootQdiscVerdict(kind: string, rate: Rate, queues: number): Derivation<"fine" | "slow" | "refused"> {
  const source = "Linux Documentation/admin-guide/sysctl/net.rst, default_qdisc; tc-mq(8)";
  if (queues <= 1) return { value: "fine", because: "the device has one queue", source };
  const because = `${kind} as root puts ${queues} queues under one lock`;
  return { value: rate.compareTo(SINGLE_QUEUE_LIMIT) > 0 ? "refused" : "slow", because, source };
}
