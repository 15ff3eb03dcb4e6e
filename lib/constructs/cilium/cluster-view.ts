import type { ObjectJson } from "./objects/object-json";
import type { ObjectSet } from "./objects/object-set";
import type { PodMtu } from "./matrix/mtu";
import type { ClusterPlan } from "./plan";
import type { CiliumClusterProps } from "./props";

/**
 * What the parts of a cluster ask it: its nodes, rules and descriptions are made before everything about it is known,
 * and ask when the stack is synthesized. `CiliumCluster` says what each answer is.
 */
export interface ClusterView {
  readonly node: { readonly id: string; readonly path: string };
  readonly props: CiliumClusterProps;
  clusterPlan(): ClusterPlan;
  objects(): readonly { toJson(): ObjectJson }[];
  objectSet(): ObjectSet;
  manifests(): readonly (readonly [name: string, content: string])[];
  podCidrs(): readonly string[];
  serviceCidr(): string | undefined;
  networkMtu(): number | undefined;
  podMtu(underlay?: number): PodMtu;
  listensForBgp(): boolean;
}
