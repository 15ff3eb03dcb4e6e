import type { Rate } from "../units";
import type { NicModel } from "./nic-model";
import type { Confidence, Provenance } from "./provenance";

/** What the ports of a card are wired to: the shared control network, the experiment switches, or one port to each. */
export type PortRole = "control" | "experiment" | "split";

/** A card in a machine. */
export interface MachineNic {
  readonly model: NicModel;
  readonly ports: number;
  /** Line rate of one port. */
  readonly rate: Rate;
  readonly role: PortRole;
  /** How many of the ports an experiment may use, as far as documented; the manifest has the last word. */
  readonly experimentPorts: number;
  /** Whether the role was read somewhere or follows from speeds and slots only. */
  readonly roleKnown: boolean;
}

/** The processors of a machine. */
export interface MachineCpu {
  readonly model: string;
  readonly sockets: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
  /** As the firmware ships: one for each socket unless known otherwise. */
  readonly numaNodes: number;
  /** How sure processors and memory are; the network cards have the confidence of the type. */
  readonly confidence: Confidence;
}

/** What is known of a kind of machine. */
export interface MachineTypeProps extends Provenance {
  readonly id: string;
  readonly site: string;
  readonly architecture: "x86_64" | "aarch64";
  readonly cpu: MachineCpu;
  /** Main memory in GiB. */
  readonly memoryGib: number;
  readonly nics: readonly MachineNic[];
  /** What a user of the machine should know. @default - nothing special */
  readonly notes?: readonly string[];
}
