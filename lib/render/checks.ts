import {
  Check,
  type CheckSpec,
  portOf,
  type Provenance,
  type ResolvedHost,
  SCRIPT_DIRECTORY,
  selectorOf,
} from "../host";
import { sha256 } from "./file";
import { firewallCheck } from "./firewall";
import { isCopy, nixosEtcFiles, scriptText } from "./nixos-files";
import { neighbourOn, neighboursByDefault, reachedBy, routeOptions, routesOf } from "./route";

/** A check together with the construct that stands behind it. */
export type OwnedCheck = CheckSpec & Provenance;

/** What is proved on a host. */
export interface HostChecks {
  /** That every merged setting holds live: the value that won is the one that is read back, whoever set it. */
  readonly ofSettings: readonly OwnedCheck[];
  /** What features ask for beyond that, unless it is about a setting that is read back already. */
  readonly further: readonly OwnedCheck[];
}

/** Derives the checks of a host, once for all files that they are written to. */
export function hostChecks(host: ResolvedHost): HostChecks {
  const ofSettings = settingChecks(host);
  const covered = new Set(ofSettings.map(subjectOf));
  return { ofSettings, further: host.checks.filter((check) => !covered.has(subjectOf(check))) };
}

/** All checks of a host, in the order in which they are made. */
export function checksOf(host: ResolvedHost): readonly OwnedCheck[] {
  const { ofSettings, further } = hostChecks(host);
  return [...ofSettings, ...further];
}

function settingChecks(host: ResolvedHost): readonly OwnedCheck[] {
  const selector = (id: string): string => selectorOf(portOf(host, id)!);
  const owned = ({ kind, phase, args }: CheckSpec, { origin, because, source, priority }: Provenance): OwnedCheck => ({
    kind,
    phase,
    args,
    origin,
    because,
    source,
    priority,
  });
  return [
    ...host.sysctls.map((s) => owned(Check.sysctl(s.key, s.value), s)),
    ...host.sysctls
      .filter((s) => s.key === "net.ipv4.tcp_congestion_control")
      .flatMap((s) => neighboursByDefault(host).map((address) => owned(Check.congestion(address, s.value), s))),
    ...host.links
      .filter((l) => l.value.property === "mtu")
      .map((l) => owned(Check.mtu(selector(l.value.interface), Number(l.value.value)), l)),
    ...host.addresses.map((a) => owned(Check.address(selector(a.value.interface), a.value.settings), a)),
    ...host.interfaces.flatMap((port) =>
      host.addresses
        .filter((a) => a.value.interface === port.id)
        .slice(0, 1)
        .map((a) => owned(Check.manager(selectorOf(port)), a)),
    ),
    ...[...host.addresses, ...host.routes].slice(0, 1).map((setting) => owned(Check.defaultRoute(), setting)),
    ...routesOf(host).map((r) => {
      const { to, via } = r.value.settings;
      const options = routeOptions(r.value.settings);
      return owned(
        Check.route(selector(r.value.interface), to, via ?? "-", options, reachedBy(host, r.value.settings)),
        r,
      );
    }),
    ...host.qdiscs.map((q) => owned(Check.qdisc(selector(q.key), q.value.settings.kind, neighbourOn(host, q.key)), q)),
    ...host.wireguard.flatMap((d) => [
      owned(Check.manager(`name=${d.value.device}`), d),
      owned(Check.wireguard(d.value.device, d.value.port, d.value.mtu), d),
      owned(Check.wireguardRoutes(d.value.device, d.value.localNetworks), d),
    ]),
    ...host.nftables.map((table) => owned(Check.nft(table.key), table)),
    ...(host.platform.kind === "linux" ? host.openPorts.map((p) => owned(firewallCheck(host, p.value), p)) : []),
    // The manifest names what the agent installs; what NixOS installs in its place stands here.
    ...(host.platform.kind === "nixos" ? nixosFileChecks(host).map(([check, by]) => owned(check, by)) : []),
  ];
}

function nixosFileChecks(host: ResolvedHost): readonly (readonly [CheckSpec, Provenance])[] {
  return [
    ...nixosEtcFiles(host).map((file) => {
      const { content, mode } = file.value;
      return [Check.file(file.key, sha256(content), isCopy(file.value) ? (mode ?? "0644") : "-"), file] as const;
    }),
    ...host.scripts.map(
      (s) => [Check.file(`${SCRIPT_DIRECTORY}/${s.key}`, sha256(scriptText(s.value.text)), "0755"), s] as const,
    ),
  ];
}

/** How many leading arguments name what a check is about, if not all do; the rest is what is wanted of it. */
const SUBJECT_WORDS: Readonly<Partial<Record<CheckSpec["kind"], number>>> = {
  sysctl: 1,
  mtu: 1,
  qdisc: 1,
  congestion: 1,
  route: 2,
  file: 1,
  wireguard: 1,
  "wireguard-routes": 1,
};

function subjectOf(check: CheckSpec): string {
  return [check.kind, ...check.args.slice(0, SUBJECT_WORDS[check.kind] ?? check.args.length)].join("\0");
}
