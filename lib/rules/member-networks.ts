import { networksOn, NetworkUse, type ResolvedHost } from "../host";
import { Cidr } from "../net";
import type { Rule } from "./engine";

/** Rules about the networks behind members of a mesh. */
export const MEMBER_NETWORK_RULES: readonly Rule[] = [
  {
    id: "NL-068",
    severity: "warning",
    title: "A network behind a mesh member is not the network that another member is on",
    why: "packets to it leave by the member's own port, or packets to its own neighbours enter the tunnel; the deploy fails at the check of routes",
    source: "Linux net/ipv4/fib_trie.c, longest prefix first",
    *check({ hosts }) {
      for (const { routed, port } of contradictions(hosts)) {
        yield {
          path: port.origin,
          others: [routed.origin],
          what: `interface ${port.id} of ${port.host.name} is on ${port.cidr}, and the mesh leads to ${routed.cidr} through ${routed.host.name}`,
          value: port.cidr.toString(),
          allowed: "networks without common addresses",
          remedy: `renumber one of them; if ${port.host.name} is on the same network as ${routed.host.name}: mesh.addMember(host, { localNetworks: ["${routed.cidr}"] })`,
        };
      }
    },
  },
];

/** A network that a port of a host is on, or that is reached through a host. */
interface Place {
  readonly id: string;
  readonly cidr: Cidr;
  readonly host: ResolvedHost;
  readonly origin: string;
}

/**
 * Networks behind members that are, or lie within, a network that a port of another member of the same mesh is on. A port
 * in a part of a network behind a member is what longest prefixes are for.
 */
function* contradictions(hosts: readonly ResolvedHost[]): Generator<{ routed: Place; port: Place }> {
  const routed = hosts.flatMap((host) =>
    host
      .facts(NetworkUse)
      .filter(({ value }) => value.kind === "routed")
      .map(({ value, origin }): Place => ({ id: value.name, cidr: Cidr.parse(value.cidr), host, origin })),
  );
  if (routed.length === 0) return;
  const ports = new Map<string, Place[]>();
  for (const port of hosts.filter((host) => host.wireguard.length > 0).flatMap(portNetworks)) {
    const key = port.cidr.toString();
    ports.set(key, [...(ports.get(key) ?? []), port]);
  }
  for (const network of routed) {
    for (let length = network.cidr.prefixLength; length > 0; length--) {
      const around = ports.get(Cidr.containing(network.cidr.network, length).toString()) ?? [];
      for (const port of around) if (contradicts(network, port)) yield { routed: network, port };
    }
  }
}

function portNetworks(host: ResolvedHost): Place[] {
  return host.interfaces.flatMap((port) => {
    const all = [...port.addresses.map((address) => address.network), ...networksOn(host, port.id)];
    const networks = new Map(all.map((cidr) => [cidr.toString(), cidr]));
    return [...networks.values()].map((cidr) => ({ id: port.id, cidr, host, origin: host.path }));
  });
}

function contradicts(network: Place, port: Place): boolean {
  if (port.host === network.host) return false;
  return port.host.wireguard.some(
    ({ value }) =>
      value.mesh === network.id && !(value.localNetworks ?? []).some((text) => Cidr.parse(text).overlaps(network.cidr)),
  );
}
