import type { Problem } from "../errors";
import type { CheckPhase, CheckSpec } from "./check";
import { FactStore } from "./facts";
import type { IHost } from "./host";
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
import { LARGEST_OF_EACH, SettingMap } from "./merge";
import type { Provenance } from "./reason";
import type { Check, LinkSetting, OnInterface, ResolvedHost } from "./resolved";

/** Ceilings: raising one harms nobody who asked for less, so two constructs get the larger. */
const CEILINGS = new Set([
  "net.core.rmem_max",
  "net.core.wmem_max",
  "net.core.netdev_max_backlog",
  "net.core.somaxconn",
  "net.ipv4.tcp_max_syn_backlog",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
  "net.netfilter.nf_conntrack_max",
]);

/** Collects what all features of one host contribute, and merges it once. */
export class SettingsStore {
  readonly sysctls = new SettingMap<string>("sysctl");
  readonly ceilings = new SettingMap<string>("sysctl", LARGEST_OF_EACH);
  readonly modules = new SettingMap<true>("kernel module");
  readonly moduleOptions = new SettingMap<string>("module option");
  readonly links = new SettingMap<LinkSetting>("link property");
  readonly addresses = new SettingMap<OnInterface<string>>("address");
  readonly routes = new SettingMap<OnInterface<RouteSettings>>("route");
  readonly qdiscs = new SettingMap<OnInterface<QdiscSettings>>("queueing discipline of");
  readonly wireguard = new SettingMap<WireGuardDevice>("WireGuard device");
  readonly openPorts = new SettingMap<OpenPort>("open port");
  readonly forwards = new SettingMap<Forwarding>("forwarding between");
  readonly packages = new SettingMap<PackageSettings>("package");
  readonly units = new SettingMap<UnitSettings>("unit");
  readonly files = new SettingMap<FileSettings>("file");
  readonly scripts = new SettingMap<ScriptSettings>("script");
  readonly limits = new SettingMap<LimitSettings>("limit");
  readonly udevRules = new SettingMap<string>("udev rule");
  readonly nftables = new SettingMap<string>("nftables table");
  readonly nixos = new SettingMap<NixOption>("NixOS option");
  readonly facts = new FactStore();
  private readonly checks = new Map<string, Check>();
  private readonly notes: (Provenance & { text: string })[] = [];

  addSysctl(key: string, value: string, provenance: Provenance): void {
    (CEILINGS.has(key) ? this.ceilings : this.sysctls).add(key, value, provenance);
  }

  /** The same check asked for twice is made once, in the name of who comes first by path. */
  addCheck(check: CheckSpec, provenance: Provenance): void {
    const key = [check.kind, check.phase, ...check.args].join("\0"); // arguments hold no NUL
    const other = this.checks.get(key);
    if (other !== undefined && rankOf(provenance) >= rankOf(other)) return;
    const { kind, phase, args } = check;
    const { origin, because, source, priority } = provenance;
    this.checks.set(key, { kind, phase, args, origin, because, source, priority });
  }

  addNote(text: string, provenance: Provenance): void {
    this.notes.push({ ...provenance, text });
  }

  /** The merged record of `host`; conflicts are added to `problems`. */
  resolve(host: IHost, problems: Problem[]): ResolvedHost {
    const sysctls = [...this.sysctls.resolve(problems), ...this.ceilings.resolve(problems)];
    return {
      name: host.hostName,
      path: host.node.path,
      platform: host.platform,
      cloudlab: host.cloudlab,
      machineType: host.machineType?.id,
      kernel: host.kernel,
      managementAddress: host.managementAddress,
      interfaces: host.interfaces,
      sysctls: sysctls.sort((a, b) => (a.key < b.key ? -1 : 1)),
      modules: this.modules.resolve(problems),
      moduleOptions: this.moduleOptions.resolve(problems),
      links: this.links.resolve(problems),
      addresses: this.addresses.resolve(problems),
      routes: this.routes.resolve(problems),
      qdiscs: this.qdiscs.resolve(problems),
      wireguard: this.wireguard.resolve(problems),
      openPorts: this.openPorts.resolve(problems),
      forwards: this.forwards.resolve(problems),
      packages: this.packages.resolve(problems),
      units: this.units.resolve(problems),
      files: this.files.resolve(problems),
      scripts: this.scripts.resolve(problems),
      limits: this.limits.resolve(problems),
      udevRules: this.udevRules.resolve(problems),
      nftables: this.nftables.resolve(problems),
      nixos: this.nixos.resolve(problems),
      ...this.facts.resolve(problems),
      checks: sortedBy(this.checks.values(), (c) => `${PHASES.indexOf(c.phase)} ${rankOf(c)} ${c.kind} ${c.args}`),
      notes: sortedBy(this.notes, (note) => `${note.origin} ${note.text} ${rankOf(note)}`),
    };
  }
}

/** What the host can answer alone comes first. */
const PHASES: readonly CheckPhase[] = ["local", "pair", "benchmark"];

function rankOf({ origin, because, source, priority }: Provenance): string {
  return JSON.stringify([origin, because, source, priority]);
}

/** Sorted by a key, so that output does not depend on the order of lines in the program. */
function sortedBy<T>(items: Iterable<T>, keyOf: (item: T) => string): readonly T[] {
  return [...items]
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ item }) => item);
}
