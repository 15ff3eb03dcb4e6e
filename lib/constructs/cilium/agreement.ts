import { linkValue, type ResolvedHost } from "../../host";
import type { Rule, Violation } from "../../rules";
import { Mtu } from "../../units";
import type { ClusterView } from "./cluster-view";
import type { PlannedNode } from "./plan";
import { MTU_RULE, PORT_RULE } from "./rule-texts";
import { valueAt } from "./values/entries";

/** Rules about what host and cluster both want, beside those of the feature matrix. */
export function agreementRules(cluster: ClusterView): readonly Rule[] {
  return [portRule(cluster), mtuRule(cluster)];
}

const DEFAULT_NODE_PORTS = "30000,32767";

function portRule(cluster: ClusterView): Rule {
  return {
    ...PORT_RULE,
    package: "netloom",
    *check(fleet) {
      const { ports, complete } = cluster.clusterPlan();
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
            remedy: PORT_RULE.remedy,
          };
        }
      }
    },
  };
}

function mtuRule(cluster: ClusterView): Rule {
  return {
    ...MTU_RULE,
    package: "netloom",
    *check(fleet): Iterable<Violation> {
      const stated = Number(valueAt(cluster.clusterPlan().complete, "MTU")) || 0;
      for (const [node, host] of nodesIn(cluster, fleet.hosts)) {
        const ports = node.port === undefined ? host.interfaces.filter((port) => !port.control) : [node.port];
        const [largest] = ports
          .map((port) => ({ port, link: linkValue(host, port.id, "mtu") }))
          .map(({ port, link }) => ({ port, link, mtu: Number(link?.value.value ?? Mtu.ethernet.value) }))
          .sort((left, right) => right.mtu - left.mtu);
        if (largest === undefined) continue;
        const { port, link, mtu } = largest;
        if (stated <= mtu) continue;
        yield {
          path: cluster.node.path,
          others: [link?.origin ?? host.path],
          what: `${host.name}: Cilium is told that the underlay carries ${stated} bytes, but ${port.id} has an MTU of ${mtu}${link === undefined ? ", since nobody sets another" : ""}`,
          value: stated,
          allowed: `at most ${mtu}`,
          remedy: link === undefined ? `${MTU_RULE.remedy}; a JumboFabric gives it to them` : MTU_RULE.remedy,
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
  return cluster.clusterPlan().nodes.flatMap((node) => {
    const host = byPath.get(node.host.node.path);
    return host === undefined ? [] : [[node, host] as const];
  });
}
