import { Check, type CheckSpec, portOf, type Provenance, type ResolvedHost, selectorOf } from "../host";
import { routeOptions } from "./plan";

/** A check together with the construct that stands behind it. */
export type OwnedCheck = CheckSpec & Provenance;

/**
 * What is proved on the host. First that every merged setting holds live: the value that won is the one that is read
 * back, whoever set it. Then what features ask for beyond that, unless it is about a setting that was read back already.
 */
export function checksOf(host: ResolvedHost): readonly OwnedCheck[] {
  const settings = settingChecks(host);
  return [...settings, ...beyond(settings, host)];
}

/** What is proved beyond the settings themselves: that every setting is read back needs no saying. */
export function furtherChecksOf(host: ResolvedHost): readonly OwnedCheck[] {
  return beyond(settingChecks(host), host);
}

function beyond(settings: readonly OwnedCheck[], host: ResolvedHost): readonly OwnedCheck[] {
  const covered = new Set(settings.map(subjectOf));
  return host.checks.filter((check) => !covered.has(subjectOf(check)));
}

function settingChecks(host: ResolvedHost): readonly OwnedCheck[] {
  const selector = (id: string): string => selectorOf(portOf(host, id)!);
  const owned = (check: CheckSpec, from: Provenance): OwnedCheck => ({ ...from, ...check });
  return [
    ...host.sysctls.map((s) => owned(Check.sysctl(s.key, s.value), s)),
    ...host.links
      .filter((l) => l.value.property === "mtu")
      .map((l) => owned(Check.mtu(selector(l.value.interface), Number(l.value.value)), l)),
    ...host.addresses.map((a) => owned(Check.address(selector(a.value.interface), a.value.settings), a)),
    ...host.routes.map((r) => {
      const { to, via } = r.value.settings;
      return owned(Check.route(selector(r.value.interface), to, via ?? "-", routeOptions(r.value.settings)), r);
    }),
    ...host.qdiscs.map((q) => owned(Check.qdisc(selector(q.key), q.value.settings.kind), q)),
    ...host.wireguard.map((d) => owned(Check.wireguard(d.value.device, d.value.port, d.value.mtu), d)),
  ];
}

/** How many leading arguments name what a check is about; the rest is what is wanted of it. */
const SUBJECT_WORDS: Readonly<Partial<Record<CheckSpec["kind"], number>>> = {
  sysctl: 1,
  mtu: 1,
  qdisc: 1,
  address: 2,
  route: 2,
  wireguard: 1,
};

function subjectOf(check: CheckSpec): string {
  return [check.kind, ...check.args.slice(0, SUBJECT_WORDS[check.kind] ?? check.args.length)].join("\0");
}
