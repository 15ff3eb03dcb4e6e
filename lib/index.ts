// The front door: what stacks of most users are made of. The rest has entry points of its own; docs/README.md lists them.
export { CiliumCluster, type CiliumClusterProps } from "./constructs/cilium";
export {
  type AttachOptions,
  type FabricMember,
  JumboFabric,
  type JumboFabricProps,
  type OffSegmentRoute,
} from "./constructs/fabric";
export { Host, type HostProps, type IMachine, Platform, type Testbed } from "./constructs/host";
export { RdmaNode, type RdmaNodeProps } from "./constructs/rdma";
export { Bbr, BbrHost, type BbrHostProps, type BbrProps, type TransportPath } from "./constructs/transport";
export {
  type MemberOptions,
  Topology,
  type TopologySpec,
  type UnmanagedPeer,
  WireGuardKeys,
  type WireGuardKeysSpec,
  WireGuardMesh,
  type WireGuardMeshProps,
} from "./constructs/wireguard";
export { NetloomError, type Problem, type Severity } from "./errors";
export { MachineType, type MachineTypeProps, type NicModel, nicModel } from "./hardware";
export {
  Check,
  type CheckSpec,
  type CommandCheckProps,
  type FileSettings,
  type Forwarding,
  type HostPolicy,
  type IHost,
  type LimitSettings,
  type LinkSettings,
  type NetworkInterface,
  type NetworkInterfaceProps,
  type NixInput,
  type NixosRelease,
  type NixosSource,
  type OpenPort,
  type PackageSettings,
  type Priority,
  type QdiscSettings,
  type Reason,
  type RouteSettings,
  type ScriptSettings,
  type UnitSettings,
} from "./host";
export { AddressPool, Cidr, InterfaceAddress, IpAddress, MacAddress } from "./net";
export { type Finding, Rules } from "./rules";
export {
  Applier,
  type ApplierSpec,
  Deployment,
  type DeploymentProps,
  type SshTargetProps,
  Target,
  type TargetSpec,
} from "./synth";
export { bdp, Bits, Bytes, Duration, Mtu, Rate } from "./units";
