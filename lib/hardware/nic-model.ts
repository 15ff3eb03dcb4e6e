import type { Provenance } from "./provenance";
import type { Rate } from "../units";

/** A way to do RDMA. RoCE v1 is bound to one Ethernet segment, RoCE v2 is routable over UDP port 4791. */
export type RdmaKind = "rocev1" | "rocev2" | "infiniband" | "iwarp";

/** What the descriptor rings of a NIC can hold, in descriptors. */
export interface RingLimits {
  /** Most descriptors. @default - read it from the host with `ethtool -g` */
  readonly max?: number;
  /** Descriptors that the driver starts with. */
  readonly default: number;
  /** Ring sizes are a multiple of this. @default 1 */
  readonly multiple?: number;
}

/** A network card or on-board controller: what driver it needs and where its limits are. */
export interface NicModel extends Provenance {
  /** Short name, the key of `nicModel`. */
  readonly id: string;
  /** As the vendor sells it, e.g. `Mellanox ConnectX-5`. */
  readonly name: string;
  /** Kernel driver of the network device, as `ethtool -i` shows it. */
  readonly driver: string;
  /** Line rates of one port, fastest first. Empty when the link has no rate of its own. */
  readonly rates: readonly Rate[];
  /** Limits of receive and transmit rings alike. */
  readonly ring: RingLimits;
  /** Most combined channels. @default - bound by the cores, or read it from the host with `ethtool -l` */
  readonly maxQueues?: number;
  /** Most queues that receive-side scaling spreads over, where that is less than {@link maxQueues}. @default - all queues */
  readonly rssQueues?: number;
  /** Largest MTU. @default - set by the firmware, read it from the host with `ip -d link` */
  readonly maxMtu?: number;
  /** Ways to do RDMA; empty when there is none. */
  readonly rdma: readonly RdmaKind[];
  /** Kernel module that makes the RDMA device. @default - the card has none */
  readonly rdmaModule?: string;
  /** PFC, ETS and DSCP tables can be set through the kernel's DCB interface. */
  readonly dcb: boolean;
  /** Receive buffers can be split by priority with `dcb buffer`. @default false */
  readonly portBuffers?: boolean;
  /** Largest MTU with an XDP program attached. @default - no limit of its own is known */
  readonly xdpMaxMtu?: number;
  /**
   * Kernel since which the driver lifts {@link xdpMaxMtu} for programs that take frames in several buffers, as
   * `[major, minor]`. @default - it never does
   */
  readonly xdpMultiBufferSince?: readonly [number, number];
  /** Cilium's BIG TCP is supported by the driver. @default false */
  readonly bigTcp?: boolean;
  /** What a user of the card should know; empty when there is nothing special. */
  readonly notes: readonly string[];
}

/** True when the card speaks RoCE v1 or v2 in hardware. */
export function speaksRoce(nic: NicModel): boolean {
  return nic.rdma.includes("rocev2") || nic.rdma.includes("rocev1");
}
