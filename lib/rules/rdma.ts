import { speaksRoce } from "../hardware";
import { FabricPort, linkValue, type PortRdma, portOf, type ResolvedHost, TrafficClasses } from "../host";
import { ROCE_DSCP, roceMtu } from "../tuning";
import { Mtu } from "../units";
import type { FleetModel, Rule, Violation } from "./engine";

const STANDARD_MTU = 1500;
const MOST_LOSSLESS = 2;
const MOST_STRICT_SHARE = 25;

interface Found {
  readonly host: ResolvedHost;
  readonly port: FabricPort;
  /** Its lossless priorities. */
  readonly paused: readonly number[];
  readonly path: string;
  readonly others: readonly string[];
}

/** Every port with a {@link FabricPort} fact, in all hosts. */
function* ports(fleet: FleetModel): Generator<Found> {
  for (const host of fleet.hosts) {
    for (const { value: port, origin } of host.facts(FabricPort)) {
      const paused = (port.pfc ?? []).flatMap((on, priority) => (on ? [priority] : []));
      yield { host, port, paused, path: origin, others: [host.path] };
    }
  }
}

/** A rule that looks at one port at a time. */
function portRule(
  rule: Omit<Rule, "check">,
  look: (found: Found) => Omit<Violation, "path" | "others"> | undefined,
): Rule {
  return {
    ...rule,
    *check(fleet) {
      for (const found of ports(fleet)) {
        const violation = look(found);
        if (violation) yield { path: found.path, others: found.others, ...violation };
      }
    },
  };
}

/** RDMA whose packets carry no priority that a switch could pause. */
const NO_PRIORITIES: Readonly<Partial<Record<PortRdma, string>>> = {
  soft: "soft-RoCE has no priorities",
  v1: "packets of RoCE v1 carry no DSCP for the switches to trust",
};

/** Names that drivers give to RDMA devices, never to network devices. */
const RDMA_DEVICE = /^(mlx[45]_\d+|mlx[45]_bond_\d+|bnxt_re\d+|irdma\d+|qib\d+|hfi1_\d+|rxe\d+|siw\d+)$/;

/** Rules about RDMA: cards, devices, MTU, priority flow control and traffic classes. */
export const RDMA_RULES: readonly Rule[] = [
  portRule(
    {
      id: "NL-015",
      severity: "error",
      title: "RoCE only on cards that speak it",
      why: "no RDMA device ever appears, and every job falls back to TCP or fails",
      source: "NIC catalogue",
    },
    ({ host, port }) => {
      const card = portOf(host, port.port)?.nic;
      const hardware = port.rdma === "v1" || port.rdma === "v2";
      if (!hardware || card === undefined || speaksRoce(card)) return undefined;
      return {
        what: `${card.name} (${card.driver}) speaks no RoCE`,
        value: card.id,
        allowed: "a ConnectX card, or softRoce: true for functional tests",
      };
    },
  ),
  {
    id: "NL-016",
    severity: "error",
    title: "Network devices are not named like RDMA devices",
    why: "ip and ethtool take the network device, verbs the RDMA device; one is no name for the other",
    *check(fleet) {
      for (const host of fleet.hosts) {
        for (const { id, name } of host.interfaces) {
          const wrong = [name, id].find((text) => text !== undefined && RDMA_DEVICE.test(text));
          if (wrong === undefined) continue;
          yield {
            path: host.path,
            what: "this is the name of an RDMA device, not of a network device",
            value: wrong,
            allowed: "the network device, such as ens1f0np0; `rdma link` shows which belongs to which",
            remedy: '{ id: "exp0", mac: "…" }',
          };
        }
      }
    },
  },
  portRule(
    {
      id: "NL-017",
      severity: "error",
      title: "The RoCE MTU fits the Ethernet MTU",
      why: "the card takes the next smaller of its five MTUs, and applications that count on the larger fail",
      source: "Linux include/rdma/ib_addr.h",
    },
    ({ host, port }) => {
      if (port.roceMtu === undefined) return undefined;
      const ethernet = Number(linkValue(host, port.port, "mtu")?.value.value ?? STANDARD_MTU);
      const largest = roceMtu(Mtu.of(ethernet)).value;
      if (port.roceMtu <= largest) return undefined;
      return {
        what: `port ${port.port} has an MTU of ${ethernet}, which gives a RoCE MTU of ${largest}`,
        value: port.roceMtu,
        allowed: `at most ${largest}`,
        remedy: `roceMtu: ${largest}, or a larger MTU on the segment`,
      };
    },
  ),
  {
    id: "NL-018",
    severity: "error",
    title: "Priority flow control and global pause exclude each other, and few priorities are lossless",
    why: "global pause stops every class; each lossless priority takes headroom from every switch port",
    source: "IEEE 802.1Qbb; Linux mlx5 en_dcbnl.c",
    *check(fleet) {
      for (const { host, port, paused, path, others } of ports(fleet)) {
        if (paused.length === 0) continue;
        for (const property of ["rxPause", "txPause", "autoPause"]) {
          const pause = linkValue(host, port.port, property);
          if (pause?.value.value !== true) continue;
          yield {
            path,
            others: [...others, pause.origin],
            what: `port ${port.port} has priority flow control and global pause (${property})`,
            value: true,
            allowed: "one of them",
            remedy: `${property}: false`,
          };
        }
        if (paused.length > MOST_LOSSLESS) {
          yield { path, others, what: "too many lossless priorities", value: paused, allowed: "one, at most two" };
        }
      }
    },
  },
  portRule(
    {
      id: "NL-018-TWO",
      severity: "warning",
      title: "One lossless priority is enough",
      why: "each one takes headroom from every switch port",
    },
    ({ paused }) =>
      paused.length === MOST_LOSSLESS
        ? { what: "two lossless priorities", value: paused, allowed: "one", remedy: "put all RDMA into one class" }
        : undefined,
  ),
  portRule(
    {
      id: "NL-019",
      severity: "error",
      title: "Hosts pause the priorities that the switches pause",
      why: "where one side pauses and the other does not, packets are dropped that nobody expects to lose",
    },
    ({ port, paused }) => {
      const onSwitches = port.statement?.switchPfc ?? [];
      const withoutPriorities = NO_PRIORITIES[port.rdma];
      if (onSwitches.length > 0 && withoutPriorities !== undefined) {
        return {
          what: `${withoutPriorities}, so nothing of port ${port.port} can be lossless`,
          value: port.rdma,
          allowed: "RoCE v2 in hardware on a LosslessFabric",
          remedy: "new LossyFabric(…)",
        };
      }
      // A port without hardware queues pauses nothing, whatever the switches do.
      if (port.pfc === undefined || paused.join() === onSwitches.join()) return undefined;
      return {
        what: "switches and hosts pause different priorities: one side sends on while the other believes that nothing is dropped",
        value: { switches: onSwitches, hosts: paused },
        allowed: "the same priorities on both sides",
        remedy: `LosslessFabric with switchPfcPriorities: [${paused.join(", ")}], or LossyFabric if the switches have no PFC`,
      };
    },
  ),
  portRule(
    {
      id: "NL-020",
      severity: "error",
      title: "Lossless classes carry RDMA and nothing else",
      why: "TCP fills any queue it is given, and a full lossless queue pauses the fabric",
    },
    ({ host, port, paused }) => {
      const classes = host.facts(TrafficClasses).find(({ key }) => key === port.port)?.value ?? [];
      const shared = classes.filter(({ priority, transport }) => paused.includes(priority) && transport !== "rdma");
      if (shared.length === 0) return undefined;
      return {
        what: "a lossless class that is shared with TCP",
        value: shared.map(({ name }) => name),
        allowed: 'transport: "rdma"',
        remedy: "give TCP a class of its own, such as AF21 (18)",
      };
    },
  ),
  {
    id: "NL-020-DSCP",
    severity: "warning",
    title: "DSCP 26 is left to RoCE",
    why: "older plans have it as AF31 for TCP; switches that were set up for RoCE never drop it, so TCP in it pauses the fabric",
    source: "RFC 2597; NVIDIA's RoCE set-up: DSCP 26, priority 3",
    *check({ hosts }) {
      for (const host of hosts) {
        const rdma = new Set(host.facts(FabricPort).flatMap(({ key, value }) => (value.rdma === "none" ? [] : [key])));
        for (const { key, value, origin } of host.facts(TrafficClasses)) {
          if (rdma.has(key) || !value.some(({ dscp }) => dscp.includes(ROCE_DSCP))) continue;
          yield {
            path: origin,
            others: [host.path],
            what: `TCP of port ${key} gets DSCP 26, the class that switches keep lossless for RoCE`,
            value: ROCE_DSCP,
            allowed: "any other DSCP",
            remedy: "dscp: [18] (AF21), as the bulk class of TCP_QOS_PLAN has",
          };
        }
      }
    },
  },
  {
    id: "NL-021",
    severity: "warning",
    title: "Priority flow control is the last resort, not the first",
    why: "pauses spread from port to port, stop innocent traffic, and lock up in loops",
    source: "Guo et al.: RDMA over Commodity Ethernet at Scale, SIGCOMM 2016",
    *check(fleet) {
      const seen = new Set<string>();
      for (const { port, paused, path, others } of ports(fleet)) {
        if (paused.length === 0) continue;
        const missing = [
          port.statement?.switchEcn ? undefined : "switches that mark ECN (switchesMarkEcn: true)",
          port.statement?.loopFree ? undefined : "a topology without loops (loopFree: true)",
          port.stormPrevention !== undefined ? undefined : "storm prevention on the card",
        ].filter((text) => text !== undefined);
        const key = `${missing}`;
        // A statement about switches is the fabric's, not each host's: said once.
        if (missing.length === 0 || seen.has(key)) continue;
        seen.add(key);
        yield {
          path,
          others,
          what: `priority flow control without ${missing.join(", without ")}`,
          allowed: "all three",
        };
      }
    },
  },
  portRule(
    {
      id: "NL-023",
      severity: "warning",
      title: "Strict classes are limited",
      why: "what is served first without a limit starves the rest",
    },
    ({ port: { strict } }) => {
      if (strict === undefined || strict.share === 0) return undefined;
      if (strict.share > MOST_STRICT_SHARE) {
        return {
          what: "strict classes may take much of the link",
          value: strict.share,
          allowed: `at most ${MOST_STRICT_SHARE} percent in total`,
        };
      }
      if (strict.limited) return undefined;
      return {
        what: "strict classes without a limit: the rate of the link is not known",
        value: strict.share,
        allowed: "a limit for each strict class",
        remedy: "speed: Rate.gbps(10) on the interface, or whatever the link has",
      };
    },
  ),
  {
    id: "NL-024",
    severity: "error",
    title: "No pacing queue where classes share the link",
    why: "fq and tbf hold packets back, so that bandwidth sharing cannot hand the turn on; and a port has one root queue",
    source: "tc-ets(8)",
    *check(fleet) {
      for (const { host, port, path, others } of ports(fleet)) {
        const qdisc = host.qdiscs.find((setting) => setting.key === port.port);
        if (qdisc === undefined || port.qdisc === undefined) continue;
        yield {
          path,
          others: [...others, qdisc.origin],
          what: `port ${port.port} gets the classes of a plan and ${qdisc.value.settings.kind} as well`,
          value: qdisc.value.settings.kind,
          allowed: "one of them",
          remedy: 'tcpClasses: false on the RDMA node, queues: "none" for the policy, or no fq on this port',
        };
      }
    },
  },
];
