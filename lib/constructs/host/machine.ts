import type { MachineType } from "../../hardware";
import type { HostPolicy, NetworkInterfaceProps } from "../../host";
import type { Rule } from "../../rules";
import type { TargetSpec } from "../../synth";

/** A policy, and the rules that hold hosts to it. */
export interface Testbed extends HostPolicy {
  /** Rules that come with the first host. @default - none */
  readonly rules?: readonly Rule[];
}

/** A machine as somebody else describes it, e.g. a node of a CloudLab manifest. Everything in it can be overridden per host. */
export interface IMachine {
  /** Short name; becomes the host name. */
  readonly name: string;
  /** Hardware type. @default - unknown */
  readonly machineType?: MachineType;
  /** Network ports, the control port included. */
  readonly interfaces: readonly NetworkInterfaceProps[];
  /** Where it is reached. @default - the host is only synthesized */
  readonly target?: TargetSpec;
  /** Who runs the machine, and what they ask of it, e.g. `CLOUDLAB` of `netloom/cloudlab`. @default - nobody in particular */
  readonly testbed?: Testbed;
}
