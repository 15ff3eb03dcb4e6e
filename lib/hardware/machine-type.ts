import { defineProblem } from "../errors";
import { CLOUDLAB_MACHINES } from "./cloudlab-machines";
import { lookUp } from "./lookup";
import type { MachineCpu, MachineNic, MachineTypeProps } from "./machine";
import { speaksRoce } from "./nic-model";
import type { Provenance } from "./provenance";

export const MACHINE_TYPE = defineProblem("NL-MACHINE-TYPE", "A machine type is in the catalogue");

/** A kind of machine that can be ordered by name, such as CloudLab's `c220g5`. */
export class MachineType implements MachineTypeProps {
  /** Throws `NL-MACHINE-TYPE`, with near matches, when the type is not in the catalogue. */
  static of(id: string): MachineType {
    return lookUp({ problem: MACHINE_TYPE, kind: "machine type", table: MACHINE_TYPES, id });
  }

  /** The type, or `undefined` when the catalogue does not have it. */
  static find(id: string): MachineType | undefined {
    return MACHINE_TYPES.get(id);
  }

  /** The whole catalogue, sorted by id. */
  static all(): readonly MachineType[] {
    return [...MACHINE_TYPES.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  /** Describes a machine that the catalogue lacks. */
  static custom(props: MachineTypeProps): MachineType {
    return new MachineType(props);
  }

  /** Types with an experiment port that speaks RoCE, sorted by id; the answer to "what can run RdmaNode?". */
  static withRoce(): readonly MachineType[] {
    return MachineType.all().filter((type) => type.roceNic !== undefined);
  }

  readonly id: string;
  readonly site: string;
  readonly architecture: "x86_64" | "aarch64";
  readonly cpu: MachineCpu;
  readonly memoryGib: number;
  readonly nics: readonly MachineNic[];
  /** What a user of the machine should know; empty when there is nothing special. */
  readonly notes: readonly string[];
  readonly source: string;
  readonly confidence: Provenance["confidence"];

  private constructor(props: MachineTypeProps) {
    this.id = props.id;
    this.site = props.site;
    this.architecture = props.architecture;
    this.cpu = props.cpu;
    this.memoryGib = props.memoryGib;
    this.nics = props.nics;
    this.notes = props.notes ?? [];
    this.source = props.source;
    this.confidence = props.confidence;
  }

  /** Physical cores of the whole machine. */
  get cores(): number {
    return this.cpu.sockets * this.cpu.coresPerSocket;
  }

  /** Physical cores that share a memory controller. */
  get coresPerNumaNode(): number {
    return Math.floor(this.cores / this.cpu.numaNodes);
  }

  /** The fastest card with an experiment port: where the experiment LAN is most likely to be. */
  get experimentNic(): MachineNic | undefined {
    return fastest(this.nics.filter((nic) => nic.experimentPorts > 0));
  }

  /** The card that carries the control port, when it is in the catalogue. */
  get controlNic(): MachineNic | undefined {
    return this.nics.find((nic) => nic.role !== "experiment");
  }

  /** The fastest card with both an experiment port and RoCE. */
  get roceNic(): MachineNic | undefined {
    return fastest(this.nics.filter((nic) => nic.experimentPorts > 0 && speaksRoce(nic.model)));
  }

  /** The id, e.g. `c220g5`. */
  toString(): string {
    return this.id;
  }
}

const MACHINE_TYPES: ReadonlyMap<string, MachineType> = new Map(
  CLOUDLAB_MACHINES.map((props) => [props.id, MachineType.custom(props)]),
);

function fastest(nics: readonly MachineNic[]): MachineNic | undefined {
  return [...nics].sort((left, right) => right.rate.compareTo(left.rate))[0];
}
