export { CiliumCluster } from "./cilium-cluster";
export type { CiliumClusterProps, ClusterProps, IClusterNetwork, RunningCluster } from "./props";
export {
  type ApiServer,
  type ArgoCdDelivery,
  Delivery,
  type ExistingClusterOptions,
  type FluxDelivery,
  type HelmDelivery,
  type K3sDelivery,
  type K3sOptions,
  type KubeadmDelivery,
  type KubeadmOptions,
} from "./delivery/delivery";
export * from "./intent";
export type { ValueTree } from "./data";
export * from "./objects";
export type { MtuOverhead, PodMtu } from "./matrix/mtu";
