export type {
  CiliumIntent,
  ClusterFeatures,
  Datapath,
  EbpfDatapath,
  IptablesDatapath,
  KubeProxyDatapath,
} from "./intent";
export { type ClusterPoolIpam, type ClusterPoolOptions, Ipam, type KubernetesIpam } from "./ipam";
export {
  type DsrDispatch,
  type DsrLoadBalancing,
  LoadBalancing,
  type LoadBalancingOptions,
  MAGLEV_TABLE_SIZES,
  type Maglev,
  type MaglevTableSize,
  type SnatLoadBalancing,
} from "./load-balancing";
export type { Hubble, HubbleBase, Prometheus } from "./observability";
export {
  type GeneveRouting,
  type NativeRouting,
  type NativeRoutingOptions,
  Routing,
  type TunnelOptions,
  type VxlanRouting,
} from "./routing";
export {
  BandwidthManager,
  type BigTcp,
  type BpfTuning,
  Encryption,
  type L2Announcements,
  type WireGuardEncryption,
  type WireGuardEncryptionOptions,
} from "./traffic";
