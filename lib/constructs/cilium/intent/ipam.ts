/** Every node gets a range from pools that the operator keeps. */
export interface ClusterPoolIpam {
  /** Helm value `ipam.mode`. */
  readonly kind: "cluster-pool";
  /** The pools, and how they are cut. */
  readonly options: ClusterPoolOptions;
}

/** Every node uses the range that Kubernetes gave it (`spec.podCIDR`). */
export interface KubernetesIpam {
  /** Helm value `ipam.mode`. */
  readonly kind: "kubernetes";
}

export type Ipam = ClusterPoolIpam | KubernetesIpam;

/** Pools of pod addresses and the size of each node's share. */
export interface ClusterPoolOptions {
  /** IPv4 pools; more may be added later, none changed. @default - the pod CIDR of the cluster */
  readonly ipv4?: readonly string[];
  /** Prefix length of a node's share of the IPv4 pools. @default 24 */
  readonly ipv4MaskSize?: number;
  /** IPv6 pools. @default - the IPv6 pod CIDR of the cluster, if it has one */
  readonly ipv6?: readonly string[];
  /** Prefix length of a node's share of the IPv6 pools. @default 120 */
  readonly ipv6MaskSize?: number;
}

/** Who hands out pod addresses. */
export const Ipam = {
  /** From pools that Cilium's operator keeps; they may grow, but not change. */
  clusterPool: (options: ClusterPoolOptions = {}): ClusterPoolIpam => ({ kind: "cluster-pool", options }),
  /** From the range that Kubernetes gave each node; the default with k3s and kubeadm. */
  kubernetes: (): KubernetesIpam => ({ kind: "kubernetes" }),
};
