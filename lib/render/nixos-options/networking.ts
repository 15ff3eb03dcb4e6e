import type { OptionEntry } from "../../nix-ts-builder";
import { absent, option, options, sections } from "./entries";

const INTERFACE = "networking.interfaces.*";
const FIREWALL = "networking.firewall";

/** `networking.*`: options as evaluated from nixpkgs of September 2024; later ones as its release notes say. */
export const NETWORKING_OPTIONS: readonly OptionEntry[] = [
  ...options("networking", "bool", "useNetworkd useDHCP enableIPv6"),
  option("networking.hostName", "string"),
  option("networking.domain", "null or string"),
  option("networking.hosts", "attrs of list of string"),
  option("networking.extraHosts", "lines"),
  option("networking.nameservers", "list of string"),
  option(`${INTERFACE}.mtu`, "null or int", { remedy: "give the number without quotes" }),
  option(`${INTERFACE}.useDHCP`, "null or bool"),
  ...["ipv4", "ipv6"].flatMap((family) => [
    sections(`${INTERFACE}.${family}.addresses`),
    option(`${INTERFACE}.${family}.addresses.*.address`, "string"),
    option(`${INTERFACE}.${family}.addresses.*.prefixLength`, "int between 0 128"),
    sections(`${INTERFACE}.${family}.routes`),
    option(`${INTERFACE}.${family}.routes.*.address`, "string"),
    option(`${INTERFACE}.${family}.routes.*.prefixLength`, "int between 0 128"),
    option(`${INTERFACE}.${family}.routes.*.via`, "null or string"),
    option(`${INTERFACE}.${family}.routes.*.type`, 'null or "unicast" or "local" or "broadcast" or "multicast"'),
    option(`${INTERFACE}.${family}.routes.*.options`, "attrs of string", {
      remedy: 'write numbers as text: mtu = "8900"',
    }),
  ]),
  absent(
    "networking.routes",
    'host.route("exp0", { to, via, mtu }, { because }), or networking.interfaces.<name>.ipv4.routes',
  ),
  option("networking.bonds.*.interfaces", "list of string"),
  option("networking.bonds.*.driverOptions", "attrs of string", { remedy: 'write numbers as text: miimon = "100"' }),
  option("networking.vlans.*.id", "int"),
  option("networking.vlans.*.interface", "string"),
  option("networking.bridges.*.interfaces", "list of string"),
  option("networking.bridges.*.rstp", "bool"),
  option("networking.rxe.enable", "bool"),
  option("networking.rxe.interfaces", "list of string"),
  ...options(FIREWALL, "bool", "enable allowPing logRefusedConnections logRefusedPackets filterForward rejectPackets"),
  ...portOptions(FIREWALL),
  ...portOptions(`${FIREWALL}.interfaces.*`),
  option(`${FIREWALL}.trustedInterfaces`, "list of string"),
  option(`${FIREWALL}.checkReversePath`, 'bool or "strict" or "loose"'),
  ...options(
    FIREWALL,
    "lines",
    "extraCommands extraStopCommands extraInputRules extraForwardRules extraReversePathFilterRules",
  ),
  option(`${FIREWALL}.backend`, '"iptables" or "nftables" or "firewalld"', {
    since: "25.11",
    remedy: "networking.nftables.enable chooses between iptables and nftables",
  }),
  ...options("networking.nftables", "bool", "enable checkRuleset flushRuleset"),
  option("networking.nftables.ruleset", "lines"),
  option("networking.nftables.tables.*.enable", "bool"),
  option("networking.nftables.tables.*.name", "string"),
  option("networking.nftables.tables.*.content", "lines"),
  option("networking.nftables.tables.*.family", '"ip" or "ip6" or "inet" or "arp" or "bridge" or "netdev"'),
];

function portOptions(prefix: string): OptionEntry[] {
  return ["TCP", "UDP"].flatMap((protocol) => [
    option(`${prefix}.allowed${protocol}Ports`, "list of port"),
    sections(`${prefix}.allowed${protocol}PortRanges`),
    ...options(`${prefix}.allowed${protocol}PortRanges.*`, "port", "from to"),
  ]);
}
