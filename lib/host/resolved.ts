import type { CheckSpec } from "./check";
import type { StatedFacts } from "./facts";
import type { Platform } from "./host";
import type { NetworkInterface } from "./interface";
import type {
  FileSettings,
  Forwarding,
  LimitSettings,
  NixOption,
  OpenPort,
  PackageSettings,
  QdiscSettings,
  RouteSettings,
  ScriptSettings,
  UnitSettings,
  WireGuardDevice,
} from "./kinds";
import type { Provenance, Setting } from "./reason";

/** One property of one port, e.g. `mtu` of `exp0`. */
export interface LinkSetting {
  /** Id of the port. */
  readonly interface: string;
  /** Which of {@link LinkSettings}, e.g. `mtu`. */
  readonly property: string;
  /** In the property's unit; `"max"` for rings that shall be as large as the hardware allows. */
  readonly value: number | string | boolean;
}

/** Something that belongs to a port. */
export interface OnInterface<T> {
  /** Id of the port. */
  readonly interface: string;
  /** What is put on it. */
  readonly settings: T;
}

/** A check together with the construct that asked for it. */
export interface Check extends CheckSpec, Provenance {}

/** Everything that one host needs, merged: the only thing that renderers and rules look at. */
export interface ResolvedHost extends StatedFacts {
  /** DNS label; also the name of the host's folder in the output. */
  readonly name: string;
  /** Path of the host's construct, e.g. `lab/node-0`. */
  readonly path: string;
  /** What runs on it; decides which renderer writes its files. */
  readonly platform: Platform;
  /** Whether CloudLab's rules of use apply. */
  readonly cloudlab: boolean;
  /** Id of the hardware type. @default - unknown */
  readonly machineType?: string;
  /** Kernel version as `[major, minor]`. @default - unknown */
  readonly kernel?: readonly [number, number];
  /** Address over which the host is deployed. @default - not over a network */
  readonly managementAddress?: string;
  /** All ports, the control port included. */
  readonly interfaces: readonly NetworkInterface[];
  /** Kernel parameters, by name; values as `sysctl` prints them, vectors with one blank between numbers. */
  readonly sysctls: readonly Setting<string>[];
  /** Kernel modules to load, by name. */
  readonly modules: readonly Setting<true>[];
  /** Parameters of kernel modules, by `<module> <parameter>`. */
  readonly moduleOptions: readonly Setting<string>[];
  /** Properties of ports, by `<id> <property>`. */
  readonly links: readonly Setting<LinkSetting>[];
  /** Addresses with prefix length; those of a port are its exact set. */
  readonly addresses: readonly Setting<OnInterface<string>>[];
  /** Routes, by port, destination and metric. */
  readonly routes: readonly Setting<OnInterface<RouteSettings>>[];
  /** Queueing disciplines, by port. */
  readonly qdiscs: readonly Setting<OnInterface<QdiscSettings>>[];
  /** WireGuard devices, by device name. */
  readonly wireguard: readonly Setting<WireGuardDevice>[];
  /** What the firewall lets in, by `<protocol>/<port>/<interface>`, with `*` for every interface. */
  readonly openPorts: readonly Setting<OpenPort>[];
  /** What the firewall lets pass through the host, by `<device> <network or device>`. */
  readonly forwards: readonly Setting<Forwarding>[];
  /** Packages to install. */
  readonly packages: readonly Setting<PackageSettings>[];
  /** systemd units, by name with suffix. */
  readonly units: readonly Setting<UnitSettings>[];
  /** Files, by absolute path. */
  readonly files: readonly Setting<FileSettings>[];
  /** Shell scripts, by the name below their common directory. */
  readonly scripts: readonly Setting<ScriptSettings>[];
  /** Limits of pam_limits, by `<domain> <type> <item>`. */
  readonly limits: readonly Setting<LimitSettings>[];
  /** udev rules of one line, by name. */
  readonly udevRules: readonly Setting<string>[];
  /** Bodies of nftables tables, by `<family> <table>`. */
  readonly nftables: readonly Setting<string>[];
  /** Raw NixOS options, by path; hosts that do not run NixOS leave them out. */
  readonly nixos: readonly Setting<NixOption>[];
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

/** The value of a property of a port, if some construct set it. */
export function linkValue(host: ResolvedHost, id: string, property: string): Setting<LinkSetting> | undefined {
  return host.links.find((link) => link.key === `${id} ${property}`);
}

/** The merged value of a sysctl, if some construct set it. */
export function sysctlValue(host: ResolvedHost, key: string): Setting<string> | undefined {
  return host.sysctls.find((sysctl) => sysctl.key === key);
}
