import { CHART } from "./delivery/chart";
import type { ClusterView } from "./cluster-view";

/** What follows from the props, for people and for tools: routing, packet sizes, ports, modules, kernel. */
export function describePlan(cluster: ClusterView) {
  const plan = cluster.clusterPlan();
  const mtu = cluster.networkMtu();
  return {
    chart: { name: CHART.name, version: CHART.version, sha256: CHART.digest },
    delivery: plan.delivery.kind,
    hostRouting: plan.derived.bpfHostRouting ? "eBPF" : "legacy",
    kernel: plan.kernel,
    kernelModules: plan.derived.kernelModules,
    nodes: plan.nodes.map(({ host, role, address, address6, port }) => ({
      name: host.hostName,
      role,
      address,
      address6,
      interface: port?.id,
    })),
    podCidrs: cluster.podCidrs(),
    podMtu:
      mtu === undefined
        ? "the smallest MTU of the devices that the agents find, less the overheads"
        : cluster.podMtu(mtu),
    ports: plan.ports,
    routingMode: plan.derived.routingMode,
    serviceCidr: cluster.serviceCidr(),
  };
}
