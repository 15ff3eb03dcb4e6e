import type { QosClass } from "../tuning";
import { defineFact } from "./facts";

/** How a port does RDMA: RoCE v1 or v2 in hardware, soft-RoCE in the kernel, or not at all. */
export type PortRdma = "none" | "soft" | "v1" | "v2";

/** What the user states about the switches behind a port. */
export interface SwitchStatement {
  /** Priorities that are lossless on the switches. */
  readonly switchPfc: readonly number[];
  /** Every switch marks ECN in the RoCE class. */
  readonly switchEcn: boolean;
  /** The fabric has no loops that a pause could travel round. */
  readonly loopFree: boolean;
}

/**
 * The RDMA and traffic class settings of a port: the input of its script on the host, and what rules need in addition.
 * Keyed by the id of the port.
 */
export interface FabricPort {
  /** Id of the port. */
  readonly port: string;
  /** How the port is found on the host. */
  readonly selector: string;
  /** Refuse to touch the port when it turns out to be the control interface. */
  readonly guard: boolean;
  /** Who sets the card's queues: iproute2's `dcb`, or `mlnx_qos` of NVIDIA's driver package. */
  readonly tools: "inbox" | "nvidia";
  /** Which RDMA it does. */
  readonly rdma: PortRdma;
  /** RoCE path MTU. @default - no RDMA */
  readonly roceMtu?: number;
  /** GID of the port's address, as sysfs prints it. @default - no RDMA */
  readonly gid?: string;
  /** Type of service byte of RDMA connections. @default - no RDMA */
  readonly tos?: number;
  /** DSCP of congestion notification packets. @default - no RDMA, or no class for them */
  readonly cnpDscp?: number;
  /** Priority on which the card reacts to ECN marks. @default - none */
  readonly ecnPriority?: number;
  /** Priority flow control for each of the eight priorities. @default - hardware queues are left alone */
  readonly pfc?: readonly boolean[];
  /** Traffic class of each priority. @default - as `pfc` */
  readonly prioTc?: readonly number[];
  /** How each traffic class is served. @default - as `pfc` */
  readonly tcTsa?: readonly ("strict" | "ets")[];
  /** Weight of each traffic class in percent, 0 for strict ones. @default - as `pfc` */
  readonly tcBw?: readonly number[];
  /** Limits of strict classes in bit/s, 0 for none. @default - the link's rate is not known */
  readonly maxRate?: readonly number[];
  /** Priority of each DSCP. @default - as `pfc` */
  readonly dscp?: readonly (readonly [dscp: number, priority: number])[];
  /** Arguments of `tc qdisc replace dev …`. @default - the root qdisc is left alone */
  readonly qdisc?: string;
  /** Queues below the root: class and arguments. @default - none */
  readonly bands?: readonly (readonly [parent: string, qdisc: string])[];
  /** The class of the root qdisc that packets with a DSCP enter. @default - the root qdisc is left alone */
  readonly enters?: readonly (readonly [dscp: number, classId: string])[];
  /** `pfc-prevention-tout` in milliseconds, 65535 for the driver's choice. @default - left alone */
  readonly stormPrevention?: number;
  /** Spread interrupts over the cores of the card's NUMA node. */
  readonly affinity: boolean;
  /** Template of the file for collective libraries. @default - none */
  readonly collective?: string;
  /** What strict classes may take of the link. @default - no queues are set up */
  readonly strict?: {
    /** Percent of the link, all of them together. */
    readonly share: number;
    /** They are held to it, which takes the rate of the link. */
    readonly limited: boolean;
  };
  /** What the switches do. @default - nobody said */
  readonly statement?: SwitchStatement;
}
export const FabricPort = defineFact<FabricPort>("fabric-ports", {
  show: ({ rdma, strict, statement }) => ({ rdma, strict, statement }),
});

/** The classes that packets to the network of a port are put into, by their DSCP. By the id of the port. */
export const TrafficClasses = defineFact<readonly QosClass[]>("traffic-classes", {
  show: (classes) => classes.map(({ name }) => name),
});
