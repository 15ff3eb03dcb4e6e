export { AnycastAddresses, type AnycastAddressesProps, BgpPeering, type BgpPeeringProps } from "./bgp";
export type * from "./bgp-types";
export { type AllowedCall, EastWest, NamespacePolicies, type NamespacePoliciesProps } from "./east-west";
export {
  CiliumBGPAdvertisement,
  CiliumBGPClusterConfig,
  CiliumBGPNodeConfigOverride,
  CiliumBGPPeerConfig,
  CiliumCIDRGroup,
  CiliumEgressGatewayPolicy,
  CiliumL2AnnouncementPolicy,
  CiliumLoadBalancerIPPool,
  CiliumLocalRedirectPolicy,
  CiliumNodeConfig,
  KubernetesObject,
  type KubernetesObjectProps,
  type SpecProps,
} from "./kinds";
export type * from "./network-policy-types";
export type * from "./network-types";
export { ClusterObject, type ClusterObjectProps } from "./object";
export type { ObjectJson } from "./object-json";
export { CiliumClusterwideNetworkPolicy, CiliumNetworkPolicy, type PolicyProps } from "./policies";
export type * from "./policy-rule-types";
export type * from "./selector-types";
