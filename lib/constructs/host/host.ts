import type { Construct } from "constructs";
import { at, defineProblem } from "../../errors";
import type { MachineType } from "../../hardware";
import {
  type HostPolicy,
  type IHost,
  type NetworkInterface,
  type NetworkInterfaceProps,
  networkInterface,
} from "../../host";
import { Rules } from "../../rules";
import { Deployment, type TargetSpec } from "../../synth";
import type { Duration } from "../../units";
import { HostAddresses } from "./addresses";
import type { IMachine, Testbed } from "./machine";
import { HostOverrides } from "./overrides";
import { Platform } from "./platform";

const NOT_A_HOST_NAME = defineProblem("NL-HOST-NAME", "A host name is a DNS label");
const INTERFACE_TWICE = defineProblem("NL-INTERFACE-TWICE", "Interfaces of a host have ids and names of their own");
const KERNEL_VERSION = defineProblem("NL-KERNEL", "A kernel version has two numbers");

/** What is known of a host, and where it is. */
export interface HostProps {
  /** A machine that somebody else describes. @default - described by the other properties */
  readonly machine?: IMachine;
  /** DNS label; also the name of the host's folder. @default - the machine's name, else the construct id */
  readonly hostName?: string;
  /** What runs on it. @default Platform.linux() */
  readonly platform?: Platform;
  /** Hardware type, e.g. `MachineType.of("c220g5")`. @default - the machine's */
  readonly machineType?: MachineType;
  /** Network ports. @default - the machine's */
  readonly interfaces?: readonly NetworkInterfaceProps[];
  /** Where it is deployed to. @default - the machine's; without one the host is only synthesized */
  readonly target?: TargetSpec;
  /** Who runs the machine, and what they ask of it. @default - what the machine says */
  readonly testbed?: Testbed;
  /** Kernel version as `"major.minor"`, so that features it lacks are refused. @default - unknown, becomes a check on the host */
  readonly kernel?: string;
  /** Wave in which it is deployed. @default - the last wave of the stack */
  readonly wave?: string;
  /** How long it waits for the confirmation before it reverts. @default - the deployment's */
  readonly window?: Duration;
}

const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const KERNEL = /^([1-9]\d?)\.(\d{1,3})$/;

/**
 * A Linux or NixOS machine. By itself it sets only the addresses it is given; what else it shall have it gets from
 * features, from constructs such as `JumboFabric`, or from the one-line overrides below.
 */
export class Host extends HostOverrides implements IHost {
  readonly hostName: string;
  readonly platform: Platform;
  readonly interfaces: readonly NetworkInterface[];
  readonly machineType?: MachineType;
  readonly kernel?: readonly [number, number];
  readonly policy?: HostPolicy;
  readonly managementAddress?: string;

  /** Throws when a name, address, MAC or version is malformed, or two ports share an id or MAC. */
  constructor(scope: Construct, id: string, props: HostProps = {}) {
    super(scope, id);
    const path = this.node.path;
    const target = props.target ?? props.machine?.target;
    this.hostName = hostName(path, props.hostName ?? props.machine?.name ?? id);
    this.platform = props.platform ?? Platform.linux();
    this.machineType = props.machineType ?? props.machine?.machineType;
    this.kernel = at(path, () => kernelVersion(props.kernel));
    const testbed = props.testbed ?? props.machine?.testbed;
    this.policy = testbed;
    this.interfaces = at(path, () => ports(props.interfaces ?? props.machine?.interfaces ?? []));
    this.managementAddress = target?.kind === "ssh" ? target.host : undefined;
    for (const rule of testbed?.rules ?? []) Rules.add(this, rule);
    new HostAddresses(this, "Addresses");
    Deployment.of(this).register(this, { target, wave: props.wave, window: props.window });
  }
}

function hostName(path: string, name: string): string {
  if (HOST_NAME.test(name)) return name;
  throw NOT_A_HOST_NAME({
    path,
    what: "a host name is a DNS label: it becomes a folder, a Terraform id and a name on the network",
    value: name,
    allowed: "1 to 63 of a-z 0-9 -, not at either end a -",
    remedy: `{ hostName: "${
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "") || "node-0"
    }" }`,
  });
}

function kernelVersion(text: string | undefined): readonly [number, number] | undefined {
  if (text === undefined) return undefined;
  const match = KERNEL.exec(text);
  if (match === null) {
    throw KERNEL_VERSION({
      what: "not a kernel version",
      value: text,
      allowed: "major.minor",
      remedy: `kernel: "6.8"`,
    });
  }
  return [Number(match[1]), Number(match[2])];
}

function ports(props: readonly NetworkInterfaceProps[]): readonly NetworkInterface[] {
  const list = props.map(networkInterface);
  for (const [what, key] of [
    ["id", (port: NetworkInterface) => port.id],
    ["MAC address", (port: NetworkInterface) => port.mac?.toString()],
    ["kernel name", (port: NetworkInterface) => port.name],
  ] as const) {
    const seen = new Set<string>();
    for (const port of list) {
      const value = key(port);
      if (value !== undefined && seen.has(value)) {
        throw INTERFACE_TWICE({
          what: `two interfaces of one host have the same ${what}`,
          value,
          allowed: "one interface each",
        });
      }
      if (value !== undefined) seen.add(value);
    }
  }
  return list;
}
