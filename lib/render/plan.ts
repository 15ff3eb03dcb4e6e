import { isField, keySlot, type PlanLine, printPlan } from "../contract";
import { defineProblem } from "../errors";
import { type NetworkInterface, portOf, type ResolvedHost, type RouteSettings, selectorOf } from "../host";
import { linuxUnits, nftablesFile } from "./linux";
import { routeOptions, routesOf } from "./route";

const PLAN = defineProblem("NL-PLAN", "A line of a plan has no line break");

/**
 * What the agent does live. The plan and the files for boot are made from the same record, so a reboot ends in the state
 * that the deploy made.
 */
export function renderPlan(host: ResolvedHost): string {
  const lines: readonly PlanLine[] = [
    ...host.modules.map((m): PlanLine => ["module", m.key]),
    ...host.sysctls.map((s): PlanLine => ["sysctl", s.key, s.value]),
    ...linkLines(host),
    ...upLines(host),
    ...addressLines(host),
    ...routesOf(host).map((r) => routeLine(selector(host, r.value.interface), r.value.settings)),
    ...host.qdiscs.map(({ key, value: { settings } }): PlanLine => {
      return ["qdisc", selector(host, key), settings.kind, (settings.args ?? []).join(" ")];
    }),
    ...host.wireguard.flatMap(({ value: d }): PlanLine[] => (d.adopt ? [["adopt", d.device]] : [])),
    ...host.wireguard.map(
      ({ value: d }): PlanLine => [
        "wireguard",
        d.device,
        String(d.port),
        String(d.mtu),
        d.table,
        keySlot(d.device, d.keyEpoch),
        d.addresses.join(","),
        d.firewallMark === undefined ? "-" : String(d.firewallMark),
        ...(d.localNetworks?.length ? ([d.localNetworks.join(",")] as const) : ([] as const)),
      ],
    ),
    ...(host.platform.kind === "nixos" ? [] : systemLines(host)),
  ];
  const bad = lines.flat().find((field) => field !== undefined && !isField(field));
  if (bad === undefined) return printPlan(lines);
  throw PLAN({
    what: "a value with a tab or line end cannot be applied",
    value: bad,
    allowed: "one line",
  });
}

/** What NixOS' own activation does on NixOS hosts. */
function systemLines(host: ResolvedHost): PlanLine[] {
  const packages = host.packages.flatMap((p) => p.value.debian ?? []);
  return [
    ...[...new Set(packages)].sort().map((name): PlanLine => ["package", name]),
    ...host.nftables.map((t): PlanLine => ["nft", t.key, nftablesFile(t.key)]),
    ...linuxUnits(host).map((unit): PlanLine => ["unit", unit]),
  ];
}

function selector(host: ResolvedHost, id: string): string {
  return selectorOf(portOf(host, id) as NetworkInterface);
}

const OFFLOADS: Readonly<Record<string, string>> = { lro: "lro", gro: "gro", tso: "tso" };
const ETHTOOL: Readonly<Record<string, readonly [flag: string, name: string]>> = {
  rxRing: ["G", "rx"],
  txRing: ["G", "tx"],
  channels: ["L", "combined"],
  autoPause: ["A", "autoneg"],
  rxPause: ["A", "rx"],
  txPause: ["A", "tx"],
  rxCoalesceMicros: ["C", "rx-usecs"],
  adaptiveRxCoalesce: ["C", "adaptive-rx"],
};

function linkLines(host: ResolvedHost): PlanLine[] {
  return host.links.map(({ value: link }) => {
    const port = selector(host, link.interface);
    if (link.property === "mtu") return ["link", port, "mtu", String(link.value)];
    const offload = OFFLOADS[link.property];
    const [flag, name] = offload === undefined ? ETHTOOL[link.property]! : (["K", offload] as const);
    return ["ethtool", port, flag, name, ethtoolValue(link.value)];
  });
}

/** networkd sets up what it configures; where ifupdown or nobody looks after a port, it is down until the agent does. */
function upLines(host: ResolvedHost): PlanLine[] {
  const mtus = host.links.filter(({ value }) => value.property === "mtu");
  const used = new Set([...mtus, ...host.addresses, ...host.routes].map(({ value }) => value.interface));
  return host.interfaces.filter(({ id }) => used.has(id)).map((port) => ["link", selectorOf(port), "up"]);
}

function ethtoolValue(value: number | string | boolean): string {
  return typeof value === "boolean" ? (value ? "on" : "off") : String(value);
}

function addressLines(host: ResolvedHost): PlanLine[] {
  return host.interfaces
    .map((port) => ({
      port,
      addresses: host.addresses.filter((a) => a.value.interface === port.id).map((a) => a.value.settings),
    }))
    .filter(({ addresses }) => addresses.length > 0)
    .map(({ port, addresses }) => ["addresses", selectorOf(port), addresses.join(",")]);
}

function routeLine(port: string, route: RouteSettings): PlanLine {
  return ["route", port, route.to, route.via ?? "-", routeOptions(route)];
}
