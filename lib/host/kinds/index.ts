import type { Setting } from "../reason";
import { ADDRESS } from "./address";
import { FILE } from "./file";
import { FORWARD, OPEN_PORT } from "./firewall";
import type { Kind } from "./kind";
import { LIMIT } from "./limit";
import { LINK } from "./link";
import { MODULE, MODULE_OPTION } from "./module";
import { NFTABLES } from "./nftables";
import { NIXOS } from "./nixos";
import { PACKAGE } from "./package";
import { QDISC } from "./qdisc";
import { ROUTE } from "./route";
import { SCRIPT } from "./script";
import { SYSCTL } from "./sysctl";
import { UDEV_RULE } from "./udev-rule";
import { UNIT } from "./unit";
import { WIREGUARD } from "./wireguard";

/** All kinds of settings, by the name of their list in resolved hosts and in `settings.json`. */
export const KINDS = {
  /** Kernel parameters, by name; values as `sysctl` prints them, vectors with one blank between numbers. */
  sysctls: SYSCTL,
  /** Kernel modules to load, by name. */
  modules: MODULE,
  /** Parameters of kernel modules, by `<module> <parameter>`. */
  moduleOptions: MODULE_OPTION,
  /** Properties of ports, by `<id> <property>`. */
  links: LINK,
  /** Addresses with prefix length; those of a port are its exact set. */
  addresses: ADDRESS,
  /** Routes, by port, destination and metric. */
  routes: ROUTE,
  /** Queueing disciplines, by port. */
  qdiscs: QDISC,
  /** WireGuard devices, by device name. */
  wireguard: WIREGUARD,
  /** What the firewall lets in, by `<protocol>/<port>/<interface>`, with `*` for every interface. */
  openPorts: OPEN_PORT,
  /** What the firewall lets pass through the host, by `<device> <network or device>`. */
  forwards: FORWARD,
  /** Packages to install. */
  packages: PACKAGE,
  /** systemd units, by name with suffix. */
  units: UNIT,
  /** Files, by absolute path. */
  files: FILE,
  /** Shell scripts, by the name below their common directory. */
  scripts: SCRIPT,
  /** Limits of pam_limits, by `<domain> <type> <item>`. */
  limits: LIMIT,
  /** udev rules of one line, by name. */
  udevRules: UDEV_RULE,
  /** Bodies of nftables tables, by `<family> <table>`. */
  nftables: NFTABLES,
  /** Raw NixOS options, by path; hosts that do not run NixOS leave them out. */
  nixos: NIXOS,
} as const;

type Kinds = typeof KINDS;
type ValueOf<K> = K extends Kind<infer _, infer V> ? V : never;

/** The merged settings of a host, one list for each kind. */
export type ResolvedSettings = { readonly [L in keyof Kinds]: readonly Setting<ValueOf<Kinds[L]>>[] };

export type { FileSettings } from "./file";
export { fileMode } from "./file";
export type { Forwarding, OpenPort } from "./firewall";
export type { Effect, Kind, Need, OnInterface, Recording } from "./kind";
export { defineKind } from "./kind";
export type { LimitSettings } from "./limit";
export type { LinkSetting, LinkSettings } from "./link";
export type { NixOption } from "./nixos";
export type { PackageSettings } from "./package";
export type { QdiscSettings } from "./qdisc";
export type { RouteSettings } from "./route";
export { SCRIPT_DIRECTORY, type ScriptSettings } from "./script";
export type { UnitSection, UnitSettings } from "./unit";
export type { WireGuardDevice } from "./wireguard";
