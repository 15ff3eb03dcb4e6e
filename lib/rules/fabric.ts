import {
  linkValue,
  type NetworkInterface,
  portOf,
  type ResolvedHost,
  type Setting,
  SegmentMembership,
  sysctlValue,
} from "../host";
import type { FleetModel, Rule, Violation } from "./engine";

const STANDARD_MTU = 1500;
const LEAST_IPV6_MTU = 1280;

interface Membership {
  readonly host: ResolvedHost;
  readonly port: NetworkInterface;
  readonly segment: Setting<SegmentMembership>;
}

function* memberships(fleet: FleetModel): Generator<Membership> {
  for (const host of fleet.hosts) {
    for (const segment of host.facts(SegmentMembership)) yield { host, port: portOf(host, segment.key)!, segment };
  }
}

function* ports(
  fleet: FleetModel,
): Generator<{ host: ResolvedHost; port: NetworkInterface; mtu: number; origin: string | undefined }> {
  for (const host of fleet.hosts) {
    for (const port of host.interfaces) {
      if (port.control) continue;
      const setting = linkValue(host, port.id, "mtu");
      yield { host, port, mtu: Number(setting?.value.value ?? STANDARD_MTU), origin: setting?.origin };
    }
  }
}

/** Rules about MTUs. */
export const FABRIC_RULES: readonly Rule[] = [
  {
    id: "NL-011",
    severity: "error",
    title: "Jumbo frames only where cards and switches carry them",
    why: "a switch that was not asked for jumbo frames drops them without a word: handshakes work and data hangs",
    source: "geni-lib, setJumboFrames: 9000 bytes, not on all clusters; driver limits of the NIC catalogue",
    *check(fleet) {
      for (const { host, port, mtu, origin } of ports(fleet)) {
        if (origin === undefined) continue;
        const where = { path: origin, others: [host.path], value: mtu };
        if (port.nic?.maxMtu !== undefined && mtu > port.nic.maxMtu) {
          yield {
            ...where,
            what: `${port.nic.name} (${port.nic.driver}) carries at most ${port.nic.maxMtu} bytes`,
            allowed: `at most ${port.nic.maxMtu}`,
            remedy: "mtu: 9000",
          };
        } else if (mtu > (host.policy?.maxSwitchMtu ?? Number.POSITIVE_INFINITY)) {
          const { name, maxSwitchMtu } = host.policy!;
          yield {
            ...where,
            what: `the switches of ${name} carry at most ${maxSwitchMtu} bytes, whatever the card can do`,
            allowed: `at most ${maxSwitchMtu}`,
            remedy: `mtu: ${maxSwitchMtu}`,
          };
        }
      }
      for (const { host, segment } of memberships(fleet)) {
        const { jumbo, mtu } = segment.value;
        if (mtu <= STANDARD_MTU || jumbo === "stated" || (jumbo === "unknown" && !host.policy?.jumboOnRequest))
          continue;
        yield {
          path: segment.value.segment,
          others: [host.path],
          what:
            jumbo === "refused"
              ? "the LAN was made without jumbo frames"
              : `nobody asked ${host.policy!.name} for jumbo frames on this LAN, and then it has none`,
          value: mtu,
          allowed: "at most 1500, or a LAN with jumbo frames",
          remedy:
            "ask for them in the profile (jumbo frames on the LAN), or say switchesCarryJumbo: true if you know it",
        };
      }
    },
  },
  {
    id: "NL-011-UNKNOWN",
    severity: "warning",
    title: "State whether the switches carry jumbo frames",
    why: "it cannot be seen from the hosts until packets are lost",
    *check(fleet) {
      const seen = new Set<string>();
      for (const { host, segment } of memberships(fleet)) {
        const { jumbo, mtu } = segment.value;
        if (
          mtu <= STANDARD_MTU ||
          jumbo !== "unknown" ||
          host.policy?.jumboOnRequest ||
          seen.has(segment.value.segment)
        )
          continue;
        seen.add(segment.value.segment);
        yield {
          path: segment.value.segment,
          what: "nobody said whether the switches carry jumbo frames; the deploy will find out, and revert if they do not",
          value: mtu,
          remedy: "switchesCarryJumbo: true",
        };
      }
      for (const { host, port, mtu, origin } of ports(fleet)) {
        if (
          origin === undefined ||
          mtu <= STANDARD_MTU ||
          host.facts(SegmentMembership).some(({ key }) => key === port.id)
        )
          continue;
        yield {
          path: origin,
          others: [host.path],
          what: `nobody said whether the switches behind ${port.id} of ${host.name} carry jumbo frames, and nothing probes it`,
          value: mtu,
          remedy: `new JumboFabric(stack, "fabric", { members: [host, …], switchesCarryJumbo: true }) in place of host.link`,
        };
      }
    },
  },
  {
    id: "NL-012",
    severity: "error",
    title: "One MTU in a segment",
    why: "a port with a smaller MTU drops what its neighbours send at full size, and no router is there to say so",
    source: "RFC 1191: only routers report packets that are too big",
    *check(fleet) {
      const first = new Map<string, { host: ResolvedHost; mtu: number; origin: string | undefined }>();
      for (const { host, port, mtu, origin } of ports(fleet)) {
        for (const name of segmentNames(port)) {
          const other = first.get(name);
          if (other === undefined) first.set(name, { host, mtu, origin });
          else if (other.mtu !== mtu) {
            yield {
              path: origin ?? host.path,
              others: [other.origin ?? other.host.path],
              what: `${host.name} and ${other.host.name} are on one segment (${name}) with different MTUs`,
              value: [mtu, other.mtu],
              allowed: "the same MTU on every port of a segment",
              remedy: "attach all of them to the same JumboFabric",
            };
          }
        }
      }
    },
  },
  {
    id: "NL-013",
    severity: "error",
    title: "MTUs are not below what IP needs",
    why: "IPv6 works only on links of at least 1280 bytes, IPv4 hosts must accept 576",
    source: "RFC 8200, section 5; RFC 1122",
    *check(fleet) {
      for (const { host, port, mtu, origin } of ports(fleet)) {
        const ipv6 = port.addresses.some((a) => a.address.family === 6);
        const least = ipv6 ? LEAST_IPV6_MTU : 576;
        if (mtu < least)
          yield {
            path: origin ?? host.path,
            what: `an MTU below ${least} breaks ${ipv6 ? "IPv6" : "IPv4"}`,
            value: mtu,
            allowed: `at least ${least}`,
          };
      }
      for (const { name, wireguard } of fleet.hosts) {
        for (const { key, value, origin } of wireguard) {
          if (value.mtu >= LEAST_IPV6_MTU || !value.addresses.some((address) => address.includes(":"))) continue;
          yield {
            path: origin,
            others: [value.mesh],
            what: `${key} of ${name} cannot carry IPv6 with an MTU below ${LEAST_IPV6_MTU}`,
            value: value.mtu,
            allowed: `at least ${LEAST_IPV6_MTU}`,
            remedy: `leave "mtu" out`,
          };
        }
      }
    },
  },
  {
    id: "NL-014",
    severity: "warning",
    title: "Hosts with jumbo frames find out about smaller paths",
    why: "where a hop drops large packets and the message about it is filtered, connections hang",
    source: "RFC 4821; ip-sysctl.rst, tcp_mtu_probing",
    *check(fleet): Generator<Violation> {
      for (const { host, mtu, origin } of ports(fleet)) {
        const probing = sysctlValue(host, "net.ipv4.tcp_mtu_probing");
        if (mtu <= STANDARD_MTU || origin === undefined || Number(probing?.value ?? 0) >= 1) continue;
        yield {
          path: probing?.origin ?? origin,
          others: [host.path],
          what: "jumbo frames without MTU probing",
          value: probing?.value ?? 0,
          allowed: "1 or 2",
          remedy: `host.sysctl("net.ipv4.tcp_mtu_probing", 1, { because: "…" })`,
        };
        break;
      }
    },
  },
  {
    id: "NL-014-ROUTE",
    severity: "warning",
    title: "Routes that lead out of a jumbo segment say what is behind it",
    why: "probing finds a smaller path for TCP only; large packets of QUIC, tunnels and DNS are lost without a word",
    source: "ip-route(8), mtu; RFC 8899",
    *check(fleet): Generator<Violation> {
      for (const { host, port, mtu } of ports(fleet)) {
        if (mtu <= STANDARD_MTU) continue;
        for (const { value, origin } of host.routes) {
          const { to, via, mtu: behind } = value.settings;
          if (value.interface !== port.id || via === undefined || behind !== undefined) continue;
          yield {
            path: origin,
            others: [host.path],
            what: `the route to ${to} leaves a segment of ${mtu} bytes and does not say what fits through behind ${via}`,
            value: mtu,
            allowed: "an MTU on every route that has a gateway",
            remedy: `mtu: ${STANDARD_MTU}, or ${mtu} where jumbo frames go on behind the gateway`,
          };
        }
      }
    },
  },
];

/** The segments that a port is on: its LAN, and the networks of its addresses. */
function segmentNames(port: NetworkInterface): readonly string[] {
  const networks = port.addresses.filter((a) => a.prefixLength < a.address.bits).map((a) => a.network.toString());
  return port.lan === undefined ? networks : [`LAN ${port.lan}`, ...networks];
}
