import { experimentInterfaces, NetworkUse, type ResolvedHost } from "../../host";
import type { ClusterFacts, Facts } from "./matrix/facts";
import { type Delivery, serviceCidrOf } from "./delivery/delivery";
import type { ObjectSet } from "./objects/object-set";
import { filtersEgressLayer7 } from "./objects/references";
import type { ClusterPlan } from "./plan";
import type { CiliumClusterProps } from "./props";
import { eachLeaf, mergeValues, valueAt } from "./values/entries";
import { valuesDefaults } from "./data";

/** All facts about a cluster that do not belong to one node. */
export function clusterFacts(
  plan: ClusterPlan,
  props: CiliumClusterProps,
  objects: ObjectSet,
  hosts: readonly ResolvedHost[],
): Facts {
  const { delivery } = plan;
  return {
    values: plan.values,
    cluster: {
      kubeProxy: kubeProxyOf(delivery, valueAt(plan.complete, "kubeProxyReplacement") === true),
      distro: delivery.kind === "k3s" || delivery.kind === "kubeadm" ? delivery.kind : "other",
      nodes: plan.nodes.length,
      nodesShareL2: sharesSegment(plan, props),
      deviceCount: deviceCount(plan),
      podCIDR: plan.podCidr,
      nodeAndServiceCIDRs: otherNetworks(delivery, hosts),
      ...(delivery.kind === "k3s" && { k3sHelmController: delivery.options.helmController }),
    },
    delivery: delivery.kind === "k3s" ? "helmchart-crd" : delivery.kind,
    ...(delivery.kind === "k3s" && { helmchart: { bootstrap: true, failurePolicy: "abort" } }),
    policy: { l7EgressOnPod: filtersEgressLayer7(objects) },
    service: { externalTrafficPolicy: trafficPolicy(objects) },
    ...(props.running !== undefined && {
      change: changedPaths(props.running.values, plan.values),
      plan: props.running.rollout,
    }),
  };
}

/** k3s and kubeadm are told by us; of other clusters only their owner knows. */
function kubeProxyOf(delivery: Delivery, replaced: boolean): ClusterFacts["kubeProxy"] {
  if (delivery.kind === "k3s" || delivery.kind === "kubeadm") return replaced ? "absent" : "present";
  return delivery.options.kubeProxy;
}

/** Known where the cluster is on one network, or where every port says which LAN it is on. */
function sharesSegment({ nodes }: ClusterPlan, { on }: CiliumClusterProps): boolean | undefined {
  if (on !== undefined || nodes.length === 1) return true;
  const ports = nodes.map(({ host }) => experimentInterfaces(host));
  const [first, ...rest] = ports.map((list) => new Set(list.map(({ lan }) => lan).filter((lan) => lan !== undefined)));
  if ([...first!].some((lan) => rest.every((other) => other.has(lan)))) return true;
  return ports.every((list) => list.length > 0 && list.every(({ lan }) => lan !== undefined)) ? false : undefined;
}

function deviceCount({ complete }: ClusterPlan): number | undefined {
  const devices = valueAt(complete, "devices");
  if (!Array.isArray(devices) || devices.length === 0) return undefined;
  return devices.some((name) => String(name).endsWith("+")) ? undefined : devices.length;
}

function otherNetworks(delivery: Delivery, hosts: readonly ResolvedHost[]): readonly string[] {
  const service = serviceCidrOf(delivery);
  const ranges = hosts.flatMap((host) =>
    host
      .facts(NetworkUse)
      .filter(({ value }) => value.kind !== "pod")
      .map(({ value }) => value.cidr),
  );
  return [...new Set([...ranges, ...(service === undefined ? [] : [service])])].sort();
}

/** `Local` if any service of the stack has it; unknown where the stack holds no services. */
function trafficPolicy(objects: ObjectSet): string | undefined {
  const services = objects
    .ofKind("Service")
    .map(({ json }) => (json["spec"] ?? {}) as { readonly type?: string; readonly externalTrafficPolicy?: string })
    .filter(({ type }) => type === "LoadBalancer");
  if (services.length === 0) return undefined;
  return services.some(({ externalTrafficPolicy }) => externalTrafficPolicy === "Local") ? "Local" : "Cluster";
}

/** Paths whose values differ in meaning: the chart's default and no value are the same. */
export function changedPaths(
  running: CiliumClusterProps["extraValues"] & object,
  wanted: ClusterPlan["values"],
): readonly string[] {
  const before = mergeValues(valuesDefaults(), running);
  const after = mergeValues(valuesDefaults(), wanted);
  const changed = new Set<string>();
  for (const tree of [before, after]) {
    eachLeaf(tree, (path) => {
      const name = path.join(".");
      if (JSON.stringify(valueAt(before, name) ?? null) !== JSON.stringify(valueAt(after, name) ?? null))
        changed.add(name);
    });
  }
  return [...changed].sort();
}
