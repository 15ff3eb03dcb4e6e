import type { CheckSpec } from "./check";
import type { Platform } from "./host";
import type { NetworkInterface } from "./interface";
import type {
  FileSettings,
  LimitSettings,
  NetworkUse,
  NixOption,
  OpenPort,
  PackageSettings,
  PathFact,
  QdiscSettings,
  RouteSettings,
  ScriptSettings,
  SegmentMembership,
  UnitSettings,
  WireGuardDevice,
  XdpProgram,
} from "./kinds";
import type { Provenance, Setting } from "./reason";

/** One property of one port, e.g. `mtu` of `exp0`. */
export interface LinkSetting {
  readonly interface: string;
  readonly property: string;
  readonly value: number | string | boolean;
}

/** Something that belongs to a port. */
export interface OnInterface<T> {
  readonly interface: string;
  readonly settings: T;
}

/** A check together with the construct that asked for it. */
export interface Check extends CheckSpec, Provenance {}

/** Everything that one host needs, merged: the only thing that renderers and rules look at. */
export interface ResolvedHost {
  readonly name: string;
  readonly path: string;
  readonly platform: Platform;
  readonly cloudlab: boolean;
  /** Id of the hardware type. @default - unknown */
  readonly machineType?: string;
  /** Kernel version as `[major, minor]`. @default - unknown */
  readonly kernel?: readonly [number, number];
  /** Address over which the host is deployed. @default - not over a network */
  readonly managementAddress?: string;
  readonly interfaces: readonly NetworkInterface[];
  readonly sysctls: readonly Setting<string>[];
  readonly modules: readonly Setting<true>[];
  readonly moduleOptions: readonly Setting<string>[];
  readonly links: readonly Setting<LinkSetting>[];
  readonly addresses: readonly Setting<OnInterface<string>>[];
  readonly routes: readonly Setting<OnInterface<RouteSettings>>[];
  readonly qdiscs: readonly Setting<OnInterface<QdiscSettings>>[];
  readonly wireguard: readonly Setting<WireGuardDevice>[];
  readonly openPorts: readonly Setting<OpenPort>[];
  readonly packages: readonly Setting<PackageSettings>[];
  readonly units: readonly Setting<UnitSettings>[];
  readonly files: readonly Setting<FileSettings>[];
  readonly scripts: readonly Setting<ScriptSettings>[];
  readonly limits: readonly Setting<LimitSettings>[];
  readonly udevRules: readonly Setting<string>[];
  readonly nftables: readonly Setting<string>[];
  readonly nixos: readonly Setting<NixOption>[];
  readonly networks: readonly Setting<NetworkUse>[];
  readonly paths: readonly Setting<PathFact>[];
  readonly segments: readonly Setting<SegmentMembership>[];
  readonly xdp: readonly Setting<OnInterface<XdpProgram>>[];
  readonly checks: readonly Check[];
  readonly notes: readonly (Provenance & { readonly text: string })[];
}

/** The port of a resolved host with the given id, if it has one. */
export function portOf(host: ResolvedHost, id: string): NetworkInterface | undefined {
  return host.interfaces.find((port) => port.id === id);
}

/** The value of a property of a port, if some construct set it. */
export function linkValue(host: ResolvedHost, id: string, property: string): Setting<LinkSetting> | undefined {
  return host.links.find((link) => link.key === `${id} ${property}`);
}

/** The merged value of a sysctl, if some construct set it. */
export function sysctlValue(host: ResolvedHost, key: string): Setting<string> | undefined {
  return host.sysctls.find((sysctl) => sysctl.key === key);
}
