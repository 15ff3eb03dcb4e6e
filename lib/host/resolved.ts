import { type Cidr, InterfaceAddress } from "../net";
import type { CheckSpec } from "./check";
import type { StatedFacts } from "./facts";
import type { Platform } from "./host";
import type { NetworkInterface } from "./interface";
import type { LinkSetting, ResolvedSettings } from "./kinds";
import type { HostPolicy } from "./policy";
import type { Provenance, Setting } from "./reason";

/** A check together with the construct that asked for it. */
export interface Check extends CheckSpec, Provenance {}

/** Everything that one host needs, merged: the only thing that renderers and rules look at. */
export interface ResolvedHost extends StatedFacts, ResolvedSettings {
  /** DNS label; also the name of the host's folder in the output. */
  readonly name: string;
  /** Path of the host's construct, e.g. `lab/node-0`. */
  readonly path: string;
  /** What runs on it; decides which renderer writes its files. */
  readonly platform: Platform;
  /** What whoever runs the machine asks of it. @default - nothing */
  readonly policy?: HostPolicy;
  /** Id of the hardware type. @default - unknown */
  readonly machineType?: string;
  /** Kernel version as `[major, minor]`. @default - unknown */
  readonly kernel?: readonly [number, number];
  /** Address over which the host is deployed. @default - not over a network */
  readonly managementAddress?: string;
  /** All ports, the control port included. */
  readonly interfaces: readonly NetworkInterface[];
  /** What is proved after a deploy, in the order in which it runs: what the host can answer alone comes first. */
  readonly checks: readonly Check[];
  /** What the operator has to do or know, e.g. what a switch must be told. */
  readonly notes: readonly (Provenance & {
    /** The note, as sentences. */
    readonly text: string;
  })[];
}

/** The port of a resolved host with the given id, if it has one. */
export function portOf(host: ResolvedHost, id: string): NetworkInterface | undefined {
  return host.interfaces.find((port) => port.id === id);
}

/** The networks of the addresses that a port gets, each once. */
export function networksOn(host: ResolvedHost, id: string): readonly Cidr[] {
  const own = host.addresses.filter(({ value }) => value.interface === id);
  const networks = own.map(({ value }) => InterfaceAddress.parse(value.settings).network);
  return networks.filter((network, i) => networks.findIndex((other) => other.equals(network)) === i);
}

/** The value of a property of a port, if some construct set it. */
export function linkValue(host: ResolvedHost, id: string, property: string): Setting<LinkSetting> | undefined {
  return host.links.find((link) => link.key === `${id} ${property}`);
}

/** The merged value of a sysctl, if some construct set it. */
export function sysctlValue(host: ResolvedHost, key: string): Setting<string> | undefined {
  return host.sysctls.find((sysctl) => sysctl.key === key);
}
