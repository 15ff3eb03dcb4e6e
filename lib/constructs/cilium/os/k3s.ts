import { type K3sDelivery, serviceCidr6Of, serviceCidrOf } from "../delivery/delivery";

/** What k3s on one node must be told. */
export interface K3sNode {
  readonly role: "server" | "agent";
  /** True for the first server, which starts the cluster. */
  readonly first: boolean;
  /** True when there are several servers, which then share an embedded etcd. */
  readonly manyServers: boolean;
  /** Addresses of the node on the cluster's network, one of each family in use. @default - k3s' choice */
  readonly addresses?: readonly string[];
  /** Address of the first server on the cluster's network. @default - unknown */
  readonly firstServer?: string;
  readonly podCidr: string;
  readonly podCidr6?: string;
  readonly withoutKubeProxy: boolean;
}

export const DEFAULT_TOKEN_FILE = "/etc/rancher/k3s/token";

/** Flags that make room for Cilium. Only servers take those of the cluster; an agent refuses to start with them. */
export function k3sFlags(delivery: K3sDelivery, node: K3sNode): readonly string[] {
  const { options } = delivery;
  const nodeIp = node.addresses === undefined ? [] : [`--node-ip=${node.addresses.join(",")}`];
  if (node.role === "agent") return [...nodeIp, ...(options.agentFlags ?? [])];
  const six = node.podCidr6 === undefined ? [] : [node.podCidr6];
  const services = [serviceCidrOf(delivery)!, ...(six.length > 0 ? [serviceCidr6Of(delivery)!] : [])];
  return [
    "--flannel-backend=none",
    "--disable-network-policy",
    ...(node.withoutKubeProxy ? ["--disable-kube-proxy"] : []),
    `--cluster-cidr=${[node.podCidr, ...six].join(",")}`,
    `--service-cidr=${services.join(",")}`,
    ...six.flatMap(nodeMask6),
    ...nodeIp,
    ...(options.serverFlags ?? []),
  ];
}

/** Kubernetes gives a node a /64 by default and refuses a range in which that is more than 16 bits down, or outside. */
function nodeMask6(cidr: string): readonly string[] {
  const length = Number(cidr.split("/")[1]);
  if (length >= 48 && length <= 64) return [];
  return [`--kube-controller-manager-arg=node-cidr-mask-size-ipv6=${Math.min(128, length + 16)}`];
}

/** Parts of k3s that Cilium takes over, and those that the user does not want. */
export function k3sDisabled({ options }: K3sDelivery): readonly string[] {
  return [...new Set(["servicelb", ...(options.disable ?? [])])].sort();
}

/** Address that joining nodes are told, if this node joins. */
export function k3sJoin(node: K3sNode): string | undefined {
  if (node.first || node.firstServer === undefined) return undefined;
  const host = node.firstServer.includes(":") ? `[${node.firstServer}]` : node.firstServer;
  return `https://${host}:6443`;
}

/** The whole command line, for hosts without a module for k3s. */
export function k3sCommand(delivery: K3sDelivery, node: K3sNode): readonly string[] {
  const join = k3sJoin(node);
  return [
    delivery.options.binary ?? "/usr/local/bin/k3s",
    node.role,
    ...(node.first && node.manyServers ? ["--cluster-init"] : []),
    ...(join === undefined ? [] : [`--server=${join}`]),
    `--token-file=${delivery.options.tokenFile ?? DEFAULT_TOKEN_FILE}`,
    ...(node.role === "server" ? k3sDisabled(delivery).map((name) => `--disable=${name}`) : []),
    ...k3sFlags(delivery, node),
  ];
}

/** Ports that k3s nodes need of each other. Source: k3s documentation, requirements, networking. */
export function k3sPorts(node: Pick<K3sNode, "role" | "manyServers">): readonly (readonly [number, string])[] {
  const kubelet = [10250, "kubelet: logs, exec, metrics"] as const;
  if (node.role === "agent") return [kubelet];
  const api = [6443, "Kubernetes API"] as const;
  return node.manyServers ? [[2379, "etcd clients"], [2380, "etcd peers"], api, kubelet] : [api, kubelet];
}
