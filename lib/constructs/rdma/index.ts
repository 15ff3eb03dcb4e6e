export {
  COLLECTIVE_ENVIRONMENT,
  CollectiveTuning,
  type CollectiveTuningProps,
  type IRdmaHost,
} from "./collective-tuning";
export { Dctcp, type DctcpProps } from "./dctcp";
export type { QosMark } from "./qos-nft";
export { type QosAttachOptions, QosPolicy, type QosPolicyProps, TCP_QOS_PLAN } from "./qos-policy";
export { Rdma, type RdmaProps } from "./rdma";
export {
  type IRdmaFabric,
  LosslessFabric,
  type LosslessFabricProps,
  LossyFabric,
  type RdmaFabricProps,
} from "./rdma-fabric";
export { RdmaNode, type RdmaNodeProps } from "./rdma-node";
