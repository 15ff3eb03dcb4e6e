import type { KubeadmDelivery } from "./delivery";
import { serviceCidrOf } from "./delivery";
import type { ManifestObject } from "./objects";

export interface KubeadmNode {
  /** Address of the node on the cluster's network. @default - kubelet's choice */
  readonly address?: string;
  readonly podCidr: string;
  /** Whether Cilium replaces kube-proxy. */
  readonly withoutKubeProxy: boolean;
}

/** Input of `kubeadm init --config` on the first control-plane node. */
export function kubeadmInit(delivery: KubeadmDelivery, node: KubeadmNode): readonly ManifestObject[] {
  const { apiServer, kubernetesVersion } = delivery.options;
  return [
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "InitConfiguration",
      ...(node.withoutKubeProxy && { skipPhases: ["addon/kube-proxy"] }),
      ...(node.address !== undefined && {
        localAPIEndpoint: { advertiseAddress: node.address },
        nodeRegistration: { kubeletExtraArgs: [{ name: "node-ip", value: node.address }] },
      }),
    },
    {
      apiVersion: "kubeadm.k8s.io/v1beta4",
      kind: "ClusterConfiguration",
      ...(kubernetesVersion !== undefined && { kubernetesVersion }),
      controlPlaneEndpoint: `${apiServer.host}:${apiServer.port ?? 6443}`,
      networking: { podSubnet: node.podCidr, serviceSubnet: serviceCidrOf(delivery) },
    },
  ];
}
