import { defineFact } from "./facts";

/** An address range and what it is used for, so that overlaps can be found across the whole fleet. */
export interface NetworkUse {
  /** The range, host bits zero, e.g. `10.10.1.0/24`. */
  readonly cidr: string;
  /** What has addresses in it. Networks of another kind or name must not share addresses with it. */
  readonly kind: "experiment" | "control" | "overlay" | "routed" | "pod" | "service" | "load-balancer";
  /** Uses with the same name are one network. */
  readonly name: string;
}
export const NetworkUse = defineFact<NetworkUse>("networks", { show: ({ cidr }) => cidr });

/** That a port belongs to a layer 2 segment, and what the segment is known to carry. By the id of the port. */
export interface SegmentMembership {
  /** Path of the fabric construct. */
  readonly segment: string;
  /** MTU of the segment, in bytes. */
  readonly mtu: number;
  /** What is known about jumbo frames on the switches. */
  readonly jumbo: "stated" | "unknown" | "refused";
  /** What is known about ECN marking on the switches. */
  readonly marking: boolean;
}
export const SegmentMembership = defineFact<SegmentMembership>("segments");

/**
 * A native XDP program, which the driver of a port runs on received frames before the kernel builds packets. Keyed by the
 * id of the port; a driver takes one program. Stating the fact loads nothing.
 */
export interface XdpProgram {
  /** What a refusal of the driver means: `native` stops who brought the program, `best-effort` goes on without it. */
  readonly mode: "native" | "best-effort";
  /** The program takes frames that lie in several buffers (`xdp.frags`). @default false */
  readonly multiBuffer?: boolean;
}
export const XdpProgram = defineFact<XdpProgram>("xdp");

/** A network path that TCP of the host is tuned for; rules compare the settings with it. Keyed by the path of the construct. */
export interface PathFact {
  /** Rate of the slowest link in bit/s. */
  readonly rateBps: number;
  /** Round-trip time without queueing, in microseconds. */
  readonly rttMicros: number;
  /** Whether packets are lost other than by full queues. */
  readonly lossy: boolean;
  /** Parallel connections that share the path. */
  readonly streams: number;
}
export const PathFact = defineFact<PathFact>("paths");
