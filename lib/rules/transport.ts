import { PathFact, portOf, type ResolvedHost, SegmentMembership, sysctlValue } from "../host";
import { rootQdiscVerdict } from "../tuning";
import type { Rule, Violation } from "./engine";

const CONGESTION = "net.ipv4.tcp_congestion_control";
const LAN_RTT_MICROS = 1000;

function congestionOf(host: ResolvedHost): string | undefined {
  return sysctlValue(host, CONGESTION)?.value;
}

/** The hosts of each segment. */
function segments(hosts: readonly ResolvedHost[]): ReadonlyMap<string, readonly ResolvedHost[]> {
  const map = new Map<string, ResolvedHost[]>();
  for (const host of hosts) {
    for (const segment of host.facts(SegmentMembership)) {
      const list = map.get(segment.value.segment);
      if (list === undefined) map.set(segment.value.segment, [host]);
      else list.push(host);
    }
  }
  return map;
}

/** Rules about congestion control and queueing. */
export const TRANSPORT_RULES: readonly Rule[] = [
  {
    id: "NL-025",
    severity: "error",
    title: "No single queue on a fast multiqueue card",
    why: "a root qdisc other than mq puts all queues of the card under one lock",
    source: "Linux Documentation/admin-guide/sysctl/net.rst, default_qdisc",
    check: ({ hosts }) => singleQueues(hosts, "refused"),
  },
  {
    id: "NL-025-SLOW",
    severity: "warning",
    title: "A multiqueue card keeps its queues",
    why: "a root qdisc other than mq puts all queues of the card under one lock",
    source: "Linux Documentation/admin-guide/sysctl/net.rst, default_qdisc",
    check: ({ hosts }) => singleQueues(hosts, "slow"),
  },
  {
    id: "NL-026",
    severity: "warning",
    title: "BBR paces with fq",
    why: "without fq every socket paces with a timer of its own, which costs CPU time",
    source: "Linux net/ipv4/tcp_bbr.c",
    *check({ hosts }) {
      for (const host of hosts) {
        const bbr = sysctlValue(host, CONGESTION);
        const qdisc = sysctlValue(host, "net.core.default_qdisc");
        if (bbr?.value !== "bbr" || qdisc?.value === "fq") continue;
        yield {
          path: bbr.origin,
          others: qdisc === undefined ? [] : [qdisc.origin],
          what: "BBR without fq as the default qdisc",
          value: qdisc?.value ?? "not set",
          allowed: "fq",
          remedy: "use the feature Bbr, which sets both",
        };
      }
    },
  },
  {
    id: "NL-027",
    severity: "error",
    title: "DCTCP only on segments that mark, on all hosts of the segment",
    why: "without marks DCTCP falls back to halving, and beside other controls it starves or is starved",
    source: "RFC 8257, section 6",
    *check({ hosts }) {
      for (const host of hosts) {
        const dctcp = sysctlValue(host, CONGESTION);
        if (dctcp?.value !== "dctcp") continue;
        const memberships = host.facts(SegmentMembership);
        const unmarked = memberships.find((segment) => !segment.value.marking);
        if (memberships.length > 0 && unmarked === undefined) continue;
        yield {
          path: dctcp.origin,
          others: unmarked === undefined ? [] : [unmarked.value.segment],
          what: "DCTCP on a host whose switches are not known to mark ECN",
          value: "dctcp",
          allowed: "segments with switchesMarkEcn: true",
          remedy: "state it on the fabric if it is so, else use cubic",
        };
      }
    },
  },
  {
    id: "NL-028",
    severity: "error",
    title: "BBR and DCTCP are not in one queue",
    why: "BBR ignores the marks that DCTCP lives by",
    source: "Linux net/ipv4/tcp_bbr.c; RFC 8257",
    check: ({ hosts }) => mixtures(hosts, "bbr", "dctcp"),
  },
  {
    id: "NL-028-CUBIC",
    severity: "warning",
    title: "One congestion control per segment",
    why: "BBR keeps about two BDP in flight whatever CUBIC loses, so shares are not fair",
    source: "Linux net/ipv4/tcp_bbr.c",
    check: ({ hosts }) => mixtures(hosts, "bbr", "cubic"),
  },
  {
    id: "NL-029",
    severity: "warning",
    title: "BBR where it can help",
    why: "on a clean path below 1 ms BBR has nothing to win over CUBIC; measured without loss it was 3 % slower",
    source: "lab measurement at 100 Mbit/s, 40 ms, no loss; Linux net/ipv4/tcp_bbr.c",
    *check({ hosts }) {
      for (const host of hosts) {
        for (const path of host.facts(PathFact)) {
          if (congestionOf(host) !== "bbr" || path.value.lossy || path.value.rttMicros >= LAN_RTT_MICROS) continue;
          yield {
            path: path.origin,
            what: `BBR on a path of ${path.value.rttMicros} µs without loss`,
            value: `${path.value.rttMicros} µs`,
            allowed: "paths from 1 ms on, or lossy ones",
            remedy: "lossy: true if the path loses packets; else a plain Host, or DCTCP on a fabric that marks",
          };
        }
      }
    },
  },
  {
    id: "NL-030",
    severity: "error",
    title: "BBR has no parameters",
    why: "its gains and cycles are constants of the kernel; a module option for them keeps the module from loading",
    source: "Linux net/ipv4/tcp_bbr.c",
    *check(fleet) {
      for (const host of fleet.hosts) {
        for (const option of host.moduleOptions) {
          if (!/^tcp_bbr /.test(option.key)) continue;
          yield {
            path: option.origin,
            others: [host.path],
            what: "tcp_bbr has no such parameter",
            value: option.key,
            remedy: "remove the option",
          };
        }
      }
    },
  },
];

function* singleQueues(hosts: readonly ResolvedHost[], verdict: "slow" | "refused"): Generator<Violation> {
  for (const host of hosts) {
    for (const qdisc of host.qdiscs) {
      const { kind } = qdisc.value.settings;
      const port = portOf(host, qdisc.key);
      if (kind === "mq-fq" || port?.nic === undefined || port.speed === undefined) continue;
      const found = rootQdiscVerdict(kind, port.speed, port.nic.maxQueues ?? 2);
      if (found.value === verdict)
        yield {
          path: qdisc.origin,
          others: [host.path],
          what: `${found.because} at ${port.speed}`,
          value: kind,
          allowed: "mq-fq",
          remedy: `{ kind: "mq-fq" }`,
        };
    }
  }
}

function* mixtures(hosts: readonly ResolvedHost[], one: string, other: string): Generator<Violation> {
  for (const [segment, members] of segments(hosts)) {
    const first = members.find((host) => congestionOf(host) === one);
    const second = members.find((host) => congestionOf(host) === other);
    if (first === undefined || second === undefined) continue;
    yield {
      path: sysctlValue(first, CONGESTION)!.origin,
      others: [sysctlValue(second, CONGESTION)!.origin, segment],
      what: `${first.name} runs ${one} and ${second.name} runs ${other} on one segment`,
      value: [one, other],
      allowed: "one congestion control per segment",
    };
  }
}
