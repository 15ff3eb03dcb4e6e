import { type OpenPort, portOf, type Provenance, type ResolvedHost, type Setting } from "../host";
import { type BindNode, lib, nix } from "../nix-ts-builder";
import { listOption, option, plain } from "./nixos-bindings";
import { reasonText } from "./reason";

const FIREWALL = ["networking", "firewall"];

/** Openings in NixOS' own firewall, and nftables tables. */
export function nixosFirewall(host: ResolvedHost): BindNode[] {
  return [...openings(host), ...forwarding(host), ...tables(host)];
}

/** Only read where the owner has `filterForward`, which needs nftables. */
function forwarding(host: ResolvedHost): BindNode[] {
  if (host.forwards.length === 0) return [];
  const rules = host.forwards.flatMap(({ value: { device, network } }) => {
    if (network === undefined) return [`iifname "${device}" oifname "${device}" accept\n`];
    const family = network.includes(":") ? "ip6" : "ip";
    return [
      `iifname "${device}" ${family} daddr ${network} accept\n`,
      `oifname "${device}" ${family} saddr ${network} accept\n`,
    ];
  });
  const comment = [...new Set(host.forwards.map(reasonText))].join("\n");
  return [
    nix.bind([...FIREWALL, "extraForwardRules"], nix.lines(rules.join("")), {
      comment,
      origin: host.forwards[0]!.origin,
    }),
  ];
}

/**
 * NixOS binds an opening to an interface by its kernel name only. A port that is found by MAC has none at synthesis: there
 * the opening is bound to the port's addresses, which are all that the port has. Without addresses nothing is left to bind
 * it to, and the port is open on every interface; a comment says so.
 */
function openings(host: ResolvedHost): BindNode[] {
  const lists = new Map<string, (readonly [number, Provenance])[]>();
  const rules: AddressRule[] = [];
  for (const opening of host.openPorts) {
    const { protocol, port, interface: id } = opening.value;
    const owner = id === undefined ? undefined : portOf(host, id);
    const device = owner === undefined ? id : owner.name;
    const addresses = id === undefined || device !== undefined ? [] : addressesOf(host, id);
    rules.push(...addresses.map((address) => ({ address, opening })));
    if (addresses.length > 0) continue;
    const name = protocol === "tcp" ? "allowedTCPPorts" : "allowedUDPPorts";
    const key = (device === undefined ? [name] : ["interfaces", device, name]).join("\0");
    const everywhere = `${opening.because}; on every interface, as ${id} has neither name nor address`;
    const because = id !== undefined && device === undefined ? everywhere : opening.because;
    lists.set(key, [...(lists.get(key) ?? []), [port, { ...opening, because }]]);
  }
  return [
    ...[...lists].sort().flatMap(([key, list]) => listOption([...FIREWALL, ...key.split("\0")], list)),
    ...addressRules(rules),
  ];
}

interface AddressRule {
  readonly address: string;
  readonly opening: Setting<OpenPort>;
}

/** The same for both of NixOS' own firewalls: one of them is there, iptables' ignores nftables' rules, and nftables' refuses others. */
function addressRules(rules: readonly AddressRule[]): BindNode[] {
  if (rules.length === 0) return [];
  const isIpv6 = ({ address }: AddressRule) => address.includes(":");
  const notes = {
    comment: [...new Set(rules.map(({ opening }) => reasonText(opening)))].join("\n"),
    origin: rules[0]!.opening.origin,
  };
  const iptables = rules.map((rule) => {
    const { protocol, port } = rule.opening.value;
    const program = isIpv6(rule) ? "ip6tables" : "iptables";
    return `${program} -w -A nixos-fw -d ${rule.address} -p ${protocol} --dport ${port} -j nixos-fw-accept\n`;
  });
  const nftables = rules.map((rule) => {
    const { protocol, port } = rule.opening.value;
    return `${isIpv6(rule) ? "ip6" : "ip"} daddr ${rule.address} ${protocol} dport ${port} accept\n`;
  });
  const isIptables = nix.not(nix.ref("config", "networking", "nftables", "enable"));
  return [
    nix.bind([...FIREWALL, "extraCommands"], lib.mkIf(isIptables, nix.lines(iptables.join(""))), notes),
    nix.bind([...FIREWALL, "extraInputRules"], nix.lines(nftables.join("")), notes),
  ];
}

function addressesOf(host: ResolvedHost, id: string): readonly string[] {
  const own = portOf(host, id)?.addresses.map(({ address }) => address.toString()) ?? [];
  const set = host.addresses.filter(({ value }) => value.interface === id).map(({ value }) => value.settings);
  return [...new Set([...own, ...set.map((text) => text.split("/")[0]!)])].sort();
}

/** Tables of two families may share a name; NixOS names them apart from their attributes. */
function tables(host: ResolvedHost): BindNode[] {
  if (host.nftables.length === 0) return [];
  const all = host.nftables.map((table) => {
    const [family, name] = table.key.split(" ") as [string, string];
    return { family, name, table };
  });
  const isShared = (name: string) => all.filter((other) => other.name === name).length > 1;
  const because = host.nftables.map(reasonText).join("\n");
  const isEnabled = nix.ref("config", "networking", "nftables", "enable");
  const message = `netloom's tables of ${host.path} (${host.nftables.map(({ key }) => key).join(", ")}) need networking.nftables.enable, which this configuration sets to false: remove that line, or what asks for the tables from the stack`;
  return [
    plain(["networking", "nftables", "enable"], lib.mkDefault(true), because),
    plain(["assertions"], [{ assertion: isEnabled, message }], "else the tables would be missing"),
    ...all.map(({ family, name, table }) => {
      const path = ["networking", "nftables", "tables", isShared(name) ? `${name}-${family}` : name];
      const content = nix.lines(table.value);
      return option(path, isShared(name) ? { name, family, content } : { family, content }, table);
    }),
  ];
}
