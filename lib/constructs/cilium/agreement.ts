import { linkValue, type ResolvedHost } from "../../host";
import type { Rule, Violation } from "../../rules";
import type { ClusterView } from "./cluster-view";
import type { PlannedNode } from "./plan";
import { valueAt } from "./values/entries";

/** Rules about what host and cluster both want, beside those of the feature matrix. */
export function agreementRules(cluster: ClusterView): readonly Rule[] {
  return [portRule(cluster), mtuRule(cluster)];
}

const DEFAULT_NODE_PORTS = "30000,32767";

/** Cilium's WireGuard, its tunnels and NodePort services share the port numbers of the host with everything else. */
function portRule(cluster: ClusterView): Rule {
  return {
    id: "NL-CILIUM-PORTS",
    severity: "error",
    title: "no WireGuard device of a node listens on a port that Cilium uses",
    why: "whoever comes second cannot listen, or traffic of the one ends up with the other",
    source: "Cilium documentation, firewall rules and nodePort.bindProtection",
    *check(fleet) {
      const { ports, complete } = cluster.plan();
      const [first, last] = String(valueAt(complete, "nodePort.range") || DEFAULT_NODE_PORTS)
        .split(",")
        .map(Number);
      const replaced = valueAt(complete, "kubeProxyReplacement") === true;
      for (const [, host] of nodesIn(cluster, fleet.hosts)) {
        for (const device of host.wireguard) {
          const { port } = device.value;
          const taken = ports.find((one) => one.protocol === "udp" && one.port === port)?.because;
          const inRange = replaced && port >= first! && port <= last!;
          if (taken === undefined && !inRange) continue;
          yield {
            path: cluster.node.path,
            others: [device.origin],
            what: `${host.name}: ${device.key} listens on UDP ${port}, which is ${taken ?? "within the NodePort range"}`,
            value: port,
            remedy: "another port for the mesh, e.g. port: 51820",
          };
        }
      }
    },
  };
}

/** A stated underlay MTU above that of the port makes every full-sized packet too large. */
function mtuRule(cluster: ClusterView): Rule {
  return {
    id: "NL-CILIUM-MTU",
    severity: "error",
    title: "a stated MTU is no larger than that of the ports",
    why: "packets of that size are dropped or fragmented on the way out of the node",
    source: "Cilium agent, pkg/mtu: the value replaces what the devices say",
    *check(fleet): Iterable<Violation> {
      const stated = Number(valueAt(cluster.plan().complete, "MTU")) || 0;
      for (const [node, host] of nodesIn(cluster, fleet.hosts)) {
        const link = node.port === undefined ? undefined : linkValue(host, node.port.id, "mtu");
        if (link === undefined || stated <= Number(link.value.value)) continue;
        yield {
          path: cluster.node.path,
          others: [link.origin],
          what: `${host.name}: Cilium is told that the underlay carries ${stated} bytes, but ${node.port!.id} has an MTU of ${link.value.value}`,
          value: stated,
          allowed: `at most ${link.value.value}`,
          remedy: "leave mtu out: the agents take it from the devices",
        };
      }
    },
  };
}

function nodesIn(
  cluster: ClusterView,
  hosts: readonly ResolvedHost[],
): readonly (readonly [PlannedNode, ResolvedHost])[] {
  const byPath = new Map(hosts.map((host) => [host.path, host]));
  return cluster.plan().nodes.flatMap((node) => {
    const host = byPath.get(node.host.node.path);
    return host === undefined ? [] : [[node, host] as const];
  });
}
