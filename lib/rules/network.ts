import { networksOn, NetworkUse, type ResolvedHost, type Setting } from "../host";
import { Cidr, findOverlaps, IpAddress } from "../net";
import type { Rule, Violation } from "./engine";

interface Use {
  readonly use: Setting<NetworkUse>;
  readonly cidr: Cidr;
  readonly host: ResolvedHost;
}

/** Every network of the fleet once, by name and range. */
function uses(hosts: readonly ResolvedHost[]): readonly Use[] {
  const seen = new Map<string, Use>();
  for (const host of hosts) {
    for (const use of host.facts(NetworkUse)) {
      const { kind, name, cidr } = use.value;
      // Networks behind members of a mesh are on a port of that member: NL-068 looks at them.
      if (kind === "routed") continue;
      const key = kind === "experiment" || kind === "control" ? `${kind} ${cidr}` : `${kind} ${name} ${cidr}`;
      if (!seen.has(key)) seen.set(key, { use, cidr: Cidr.parse(cidr), host });
    }
  }
  return [...seen.values()];
}

/** Ports that other software has claimed by convention, and for what. IANA registry; Cilium documentation. */
const TAKEN_UDP: Readonly<Record<number, string>> = {
  4789: "VXLAN",
  4791: "RoCE v2",
  6081: "Geneve",
  8472: "VXLAN of Cilium and Flannel",
  51871: "WireGuard of Cilium",
};

/** Rules about addresses, ports and the way the machine is managed. */
export const NETWORK_RULES: readonly Rule[] = [
  {
    id: "NL-002",
    severity: "error",
    title: "Ports are found by MAC address where their names differ from machine to machine, as on CloudLab",
    why: "kernel names differ between nodes of one type and between images, and the wrong name may be the control port",
    source: "systemd.net-naming-scheme(7)",
    *check({ hosts }) {
      for (const host of hosts) if (host.policy?.findByMac) yield* namedPorts(host);
    },
  },
  {
    id: "NL-002-NAME",
    severity: "warning",
    title: "Ports are better found by MAC address",
    why: "kernel names change with firmware, driver and release",
    source: "systemd.net-naming-scheme(7)",
    *check({ hosts }) {
      for (const host of hosts) if (!host.policy?.findByMac) yield* namedPorts(host);
    },
  },
  {
    id: "NL-004",
    severity: "error",
    title: "Networks do not overlap",
    why: "the kernel sends packets to the more specific route, which is somebody else's network",
    *check({ hosts }) {
      const all = uses(hosts);
      for (const { outer, inner } of findOverlaps(all, (use) => use.cidr)) {
        if (outer.use.value.kind === inner.use.value.kind && outer.use.value.name === inner.use.value.name) continue;
        yield {
          path: outer.use.origin,
          others: [inner.use.origin],
          what: `the ${outer.use.value.kind} network ${outer.cidr} and the ${inner.use.value.kind} network ${inner.cidr} overlap`,
          value: [outer.cidr.toString(), inner.cidr.toString()],
          allowed: "networks without common addresses",
          remedy: "move one of them, e.g. an overlay to 10.66.0.0/16 or pods to 10.244.0.0/16",
        };
      }
      for (const { use, cidr, host } of all) {
        const ours = use.value.kind !== "experiment" && use.value.kind !== "control";
        if (!ours) continue;
        for (const taken of host.policy?.reserved ?? []) {
          if (!cidr.overlaps(Cidr.parse(taken.cidr))) continue;
          yield {
            path: use.origin,
            what: `${host.policy!.name} uses ${taken.cidr} for ${taken.use}`,
            value: cidr.toString(),
            allowed: "networks outside of it",
            remedy: "10.66.0.0/16",
          };
        }
      }
    },
  },
  {
    id: "NL-049",
    severity: "error",
    title: "One listener per UDP port",
    why: "the second one does not come up, or answers the first one's packets",
    source: "IANA service names and ports; Cilium documentation",
    *check({ hosts }) {
      for (const host of hosts) {
        const owners = new Map<number, Setting<unknown>>();
        for (const device of host.wireguard) {
          const { port } = device.value;
          const other = owners.get(port);
          const taken = TAKEN_UDP[port];
          if (other !== undefined) {
            yield {
              path: device.origin,
              others: [other.origin],
              what: `two WireGuard devices of ${host.name} listen on one UDP port`,
              value: port,
              allowed: "a port each",
              remedy: `port: ${port + 1}`,
            };
          } else if (taken !== undefined) {
            yield {
              path: device.origin,
              what: `UDP port ${port} belongs to ${taken}`,
              value: port,
              allowed: "a port that nothing else uses",
              remedy: "port: 51820",
            };
          }
          owners.set(port, device);
        }
      }
    },
  },
  {
    id: "NL-063",
    severity: "warning",
    title: "Do not deploy over a port that the stack configures",
    why: "a wrong address there cuts the line, and a gateway that is not stated may be lost; the host then comes back only when its timer fires",
    *check({ hosts }) {
      for (const host of hosts) {
        const management = IpAddress.tryParse(host.managementAddress ?? "")?.toString();
        for (const { value, origin } of host.addresses) {
          if (addressOf(value.settings) !== management) continue;
          yield {
            path: origin,
            others: [host.path],
            what: `${host.name} is deployed over ${host.managementAddress}, the address of interface ${value.interface}, which this stack configures`,
            value: value.settings,
            allowed: "a target on the control network",
            remedy: `leave out the port's addresses, so that it stays as the host configures it; or accept this with Rules.acknowledge, and state the gateway: host.route("${value.interface}", { to: "default", via: "…" })`,
          };
        }
      }
    },
  },
  {
    id: "NL-064",
    severity: "error",
    title: "An address belongs to one port",
    why: "two owners answer for each other and connections break at random",
    *check({ hosts }) {
      const owners = new Map<string, { host: ResolvedHost; origin: string }>();
      for (const host of hosts) {
        const claims = [
          ...host.addresses.map(({ value, origin }) => ({ address: addressOf(value.settings), origin })),
          ...host.interfaces.flatMap(({ mac }) => (mac ? [{ address: mac.toString(), origin: host.path }] : [])),
        ];
        for (const { address, origin } of claims) {
          const other = owners.get(address);
          if (other !== undefined)
            yield {
              path: origin,
              others: [other.origin],
              what: `${other.host.name} and ${host.name} have the same address`,
              value: address,
              allowed: "one owner",
              remedy: "give one of them another address",
            };
          owners.set(address, { host, origin });
        }
      }
    },
  },
  {
    id: "NL-065",
    severity: "error",
    title: "A gateway lies on the network of the port that leads to it",
    why: "the kernel refuses a route through a gateway that it cannot reach",
    *check({ hosts }) {
      for (const host of hosts) {
        for (const { value, origin } of host.routes) {
          if (value.settings.via === undefined) continue;
          const via = IpAddress.parse(value.settings.via);
          const networks = networksOn(host, value.interface);
          // A link-local gateway needs no address: every IPv6 port has that network.
          if (networks.length === 0 || via.isLinkLocal) continue;
          if (networks.some((network) => network.contains(via))) continue;
          yield {
            path: origin,
            others: [host.path],
            what: `the gateway of the route to ${value.settings.to} is on no network of interface ${value.interface}`,
            value: via.toString(),
            allowed: `an address of ${networks.join(" or ")}`,
            remedy: "the address of the router on that network",
          };
        }
      }
    },
  },
  {
    id: "NL-066",
    severity: "warning",
    title: "One port per network on a host",
    why: "the kernel answers ARP for either address on both ports and sends by one of them, so the other carries nothing, or everything to the wrong MAC",
    source: "Linux Documentation/networking/ip-sysctl.rst, arp_ignore",
    *check({ hosts }) {
      for (const host of hosts) {
        const ports = host.interfaces.filter((port) => !port.control);
        if (ports.length < 2) continue;
        const seen = new Map<string, string>();
        for (const port of ports) {
          const lans = port.lan === undefined ? [] : [`LAN ${port.lan}`];
          const places = [...new Set([...lans, ...networksOn(host, port.id).map((n) => `network ${n}`)])];
          const shared = places.find((place) => seen.has(place));
          if (shared !== undefined) {
            yield {
              path: host.path,
              what: `two interfaces of ${host.name} are on one ${shared}`,
              value: [seen.get(shared), port.id],
              allowed: "a network of its own for each port",
              remedy: "leave the second one without addresses, or bond them outside of Netloom",
            };
          }
          for (const place of places) seen.set(place, port.id);
        }
      }
    },
  },
];

/** The address in an address with prefix length; settings hold both in their one spelling. */
function addressOf(settings: string): string {
  return settings.slice(0, settings.indexOf("/"));
}

function* namedPorts(host: ResolvedHost): Generator<Violation> {
  for (const port of host.interfaces) {
    if (port.control || port.mac !== undefined) continue;
    const user = [...host.links, ...host.addresses, ...host.routes, ...host.qdiscs].find(
      (s) => s.value.interface === port.id,
    );
    if (user === undefined) continue;
    yield {
      path: host.path,
      others: [user.origin],
      what: `interface ${port.id} of ${host.name} is found by its kernel name`,
      value: port.name ?? port.id,
      allowed: "a permanent MAC address",
      remedy: `{ id: "${port.id}", mac: "…" } as in the manifest or from "ip -d link"`,
    };
  }
}
