import { MachineType } from "../hardware";
import { linkValue, portOf, type ResolvedHost, sysctlValue, XdpProgram } from "../host";
import { combinedChannels, kernelAtLeast, ringVerdict } from "../tuning";
import type { FleetModel, Rule, Violation } from "./engine";

const XDP_SOURCE = "NIC catalogue; Cilium pkg/datapath/loader (best-effort goes on without the program)";

/** Rules about rings, queues, offloads and programs of cards. */
export const CARD_RULES: readonly Rule[] = [
  {
    id: "NL-039",
    severity: "error",
    title: "No large receive offload on hosts that forward, nor on ports that run XDP",
    why: "LRO glues packets together that then cannot be forwarded as they were; the kernel turns it off again, or data is lost; drivers refuse XDP programs with it",
    source:
      "Linux net/ipv4/devinet.c, Documentation/networking/segmentation-offloads.rst, drivers/net/ethernet/intel/ixgbe/ixgbe_main.c",
    *check(fleet) {
      for (const host of fleet.hosts) {
        const forwards = forwarding(host);
        for (const link of host.links) {
          if (link.value.property !== "lro" || link.value.value !== true) continue;
          const program = host.facts(XdpProgram).find(({ key }) => key === link.value.interface);
          const against = forwards ?? program;
          if (against === undefined) continue;
          const where = forwards
            ? `of a host that forwards (${forwards.what})`
            : "whose driver is to run an XDP program";
          yield {
            path: link.origin,
            others: [host.path, against.origin],
            what: `LRO on ${link.value.interface} ${where}`,
            value: true,
            allowed: "lro: false",
            remedy: "gro: true, which does the same and can be undone",
          };
        }
      }
    },
  },
  {
    id: "NL-040",
    severity: "error",
    title: "No XDP program on a port whose MTU is above the driver's limit for it",
    why: "the driver refuses the program, and who brought it stops; where the program is loaded already, it refuses the MTU",
    source: XDP_SOURCE,
    *check(fleet) {
      for (const refusal of xdpRefusals(fleet)) if (refusal.fatal) yield refusal.violation;
    },
  },
  {
    id: "NL-040-FALLBACK",
    severity: "warning",
    title: "No XDP program that the driver leaves out at this MTU without an error, or takes on newer kernels only",
    why: "traffic is not accelerated although it was asked for; and where the program is loaded already, the driver refuses the MTU",
    source: XDP_SOURCE,
    *check(fleet) {
      for (const refusal of xdpRefusals(fleet)) if (!refusal.fatal) yield refusal.violation;
    },
  },
  {
    id: "NL-041",
    severity: "warning",
    title: "Rings within what the card has",
    why: "the driver refuses or rounds, and the value in the file is not the one that works",
    source: "NIC catalogue",
    *check(fleet): Generator<Violation> {
      for (const { host, id, property, size, origin } of numbers(fleet, ["rxRing", "txRing"])) {
        const card = host.interfaces.find((port) => port.id === id)?.nic;
        if (!card) continue;
        const verdict = ringVerdict(card, size);
        if (verdict === "fine" || verdict === "unknown-maximum") continue;
        yield {
          path: origin,
          others: [host.path],
          what:
            verdict === "above-maximum"
              ? `${property} above what ${card.name} had when its driver was read`
              : `${card.name} takes multiples of ${card.ring.multiple} only`,
          value: size,
          allowed: `at most ${card.ring.max}, multiples of ${card.ring.multiple ?? 1}`,
          remedy: `${property}: "max"`,
        };
      }
    },
  },
  {
    id: "NL-041-LATENCY",
    severity: "warning",
    title: "Not the longest receive ring on a port that interrupts for every packet",
    why: "a long ring is a long queue, and its buffers push each other out of the cache: waits grow that the interrupts were to shorten",
    source: "ethtool(8); Farshin et al., Reexamining Direct Cache Access, USENIX ATC 2020",
    *check(fleet): Generator<Violation> {
      for (const host of fleet.hosts) {
        for (const { id, nic } of host.interfaces) {
          const ring = linkValue(host, id, "rxRing");
          const wait = linkValue(host, id, "rxCoalesceMicros");
          const isLongest = ring?.value.value === "max" || (nic?.ring.max ?? Infinity) <= Number(ring?.value.value);
          if (ring === undefined || wait?.value.value !== 0 || !isLongest) continue;
          yield {
            path: ring.origin,
            others: [wait.origin],
            what: `${id} interrupts for every packet to keep waits short, and has the longest receive ring for them to wait in`,
            value: ring.value.value,
            allowed: "the driver's own size, or more where it drops packets (rx_missed_errors, rx_out_of_buffer)",
            remedy: "leave rxRing out",
          };
        }
      }
    },
  },
  {
    id: "NL-042",
    severity: "error",
    title: "Not more queues than the card has",
    why: "the driver refuses, and the host keeps what it had",
    source: "NIC catalogue",
    *check(fleet) {
      for (const { host, id, size, origin } of numbers(fleet, ["channels"])) {
        const card = host.interfaces.find((port) => port.id === id)?.nic;
        if (card?.maxQueues === undefined || size <= card.maxQueues) continue;
        yield {
          path: origin,
          others: [host.path],
          what: `${card.name} has at most ${card.maxQueues} combined channels`,
          value: size,
          allowed: `at most ${card.maxQueues}`,
          remedy: `channels: ${fittingChannels(host, id)}`,
        };
      }
    },
  },
  {
    id: "NL-042-NODE",
    severity: "warning",
    title: "Not more queues than cores near the card",
    why: "interrupts on the other socket pull data across, and hyper-threads share what they wait for",
    source: "Linux Documentation/networking/scaling.rst",
    *check(fleet) {
      for (const { host, id, size, origin } of numbers(fleet, ["channels"])) {
        const machine = host.machineType === undefined ? undefined : MachineType.find(host.machineType);
        if (!machine || size <= machine.coresPerNumaNode) continue;
        yield {
          path: origin,
          others: [host.path],
          what: `a NUMA node of ${machine} has ${machine.coresPerNumaNode} cores`,
          value: size,
          allowed: `at most ${machine.coresPerNumaNode}`,
          remedy: `channels: ${fittingChannels(host, id)}`,
        };
      }
    },
  },
];

/** As many channels as both the card and the cores near it can use, as far as they are known. */
function fittingChannels(host: ResolvedHost, id: string): number | undefined {
  const card = portOf(host, id)?.nic;
  const machine = host.machineType === undefined ? undefined : MachineType.find(host.machineType);
  return card && machine ? combinedChannels(card, machine).value : (machine?.coresPerNumaNode ?? card?.maxQueues);
}

interface LinkNumber {
  readonly host: ResolvedHost;
  readonly id: string;
  readonly property: string;
  readonly size: number;
  readonly origin: string;
}

function* numbers(fleet: FleetModel, properties: readonly string[]): Generator<LinkNumber> {
  for (const host of fleet.hosts) {
    for (const { id } of host.interfaces) {
      for (const property of properties) {
        const link = linkValue(host, id, property);
        if (typeof link?.value.value !== "number") continue;
        yield { host, id, property, size: link.value.value, origin: link.origin };
      }
    }
  }
}

/** Why a host forwards packets of others, if it does. */
function forwarding(host: ResolvedHost): { readonly what: string; readonly origin: string } | undefined {
  for (const key of ["net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv6.conf.all.forwarding"]) {
    const setting = sysctlValue(host, key);
    if (setting?.value === "1") return { what: key, origin: setting.origin };
  }
  const tunnel = host.wireguard[0];
  return tunnel && { what: `WireGuard device ${tunnel.key}`, origin: tunnel.origin };
}

interface XdpRefusal {
  /** It is certain, whatever the kernel, and who brought the program does not go on without it. */
  readonly fatal: boolean;
  readonly violation: Violation;
}

/** XDP programs that a driver refuses at the MTU of its port, or may refuse where the kernel is not known. */
function* xdpRefusals(fleet: FleetModel): Generator<XdpRefusal> {
  for (const host of fleet.hosts) {
    for (const { key, value, origin } of host.facts(XdpProgram)) {
      const card = portOf(host, key)?.nic;
      const mtu = linkValue(host, key, "mtu");
      if (card?.xdpMaxMtu === undefined || mtu === undefined || Number(mtu.value.value) <= card.xdpMaxMtu) continue;
      const { mode, multiBuffer = false } = value;
      const since = multiBuffer ? card.xdpMultiBufferSince : undefined;
      if (since !== undefined && kernelAtLeast(host.kernel, since)) continue;
      const older = since === undefined ? "" : `, on kernels before ${since.join(".")}`;
      yield {
        fatal: mode === "native" && (since === undefined || host.kernel !== undefined),
        violation: {
          path: origin,
          others: [host.path, mtu.origin],
          what: `${card.driver} (${card.name}, ${key}) takes no XDP program above an MTU of ${card.xdpMaxMtu}${older}`,
          value: mtu.value.value,
          allowed: `at most ${card.xdpMaxMtu}`,
          remedy: since === undefined ? "no XDP, or a smaller MTU" : `kernel: "${since.join(".")}" or newer, if it is`,
        },
      };
    }
  }
}
