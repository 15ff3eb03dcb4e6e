import type { NetworkInterfaceProps } from "../../host";
import type { MachineType } from "../../hardware";
import type { TargetSpec } from "../../synth";

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
  /** Whether CloudLab's rules of use apply. @default false */
  readonly cloudlab?: boolean;
}
