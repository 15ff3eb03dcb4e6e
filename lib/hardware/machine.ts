import type { Rate } from "../units";
import type { NicModel } from "./nic-model";
import type { Confidence, Provenance } from "./provenance";

/** What the ports of a card are wired to: the shared control network, the experiment switches, or one port to each. */
export type PortRole = "control" | "experiment" | "split";

/** A card in a machine. */
export interface MachineNic {
  /** What the card can do; see `nicModel`. */
  readonly model: NicModel;
  /** Ports on the card, wired or not. */
  readonly ports: number;
  /** Line rate of one port. */
  readonly rate: Rate;
  /** What the ports are wired to. */
  readonly role: PortRole;
  /** How many of the ports an experiment may use, as far as documented; the manifest has the last word. */
  readonly experimentPorts: number;
  /** Whether the role was read somewhere or follows from speeds and slots only. */
  readonly roleKnown: boolean;
}

/** The processors of a machine. */
export interface MachineCpu {
  /** Processor as its vendor names it, e.g. `Intel Xeon Silver 4114`. */
  readonly model: string;
  /** Processors in the machine. */
  readonly sockets: number;
  /** Physical cores of one processor. */
  readonly coresPerSocket: number;
  /** 2 where hyper-threading is on, else 1. */
  readonly threadsPerCore: number;
  /** As the firmware ships: one for each socket unless known otherwise. */
  readonly numaNodes: number;
  /** How sure processors and memory are; the network cards have the confidence of the type. */
  readonly confidence: Confidence;
}

/** What is known of a kind of machine. */
export interface MachineTypeProps extends Provenance {
  /** Name in the words of the testbed, e.g. `c220g5`; the catalogue finds the type by it. */
  readonly id: string;
  /** Cluster that has such machines, e.g. `Wisconsin`. */
  readonly site: string;
  /** Instruction set, as `uname -m` prints it. */
  readonly architecture: "x86_64" | "aarch64";
  /** Processors, and how sure they are known. */
  readonly cpu: MachineCpu;
  /** Main memory in GiB. */
  readonly memoryGib: number;
  /** Network cards, the on-board ones included. */
  readonly nics: readonly MachineNic[];
  /** What a user of the machine should know. @default - nothing special */
  readonly notes?: readonly string[];
}
