export * from "./constructs/cilium";
export * from "./constructs/cloudlab";
export * from "./constructs/fabric";
export * from "./constructs/host";
export * from "./constructs/rdma";
export * from "./constructs/transport";
export * from "./constructs/wireguard";
export { NetloomError, type Problem } from "./errors";
export * from "./hardware";
export {
  Check,
  type CheckKind,
  type CheckPhase,
  type CheckSpec,
  type CommandCheckProps,
  defineFact,
  FabricPort,
  type Fact,
  type FactProps,
  HostFeature,
  HostSettings,
  type IHost,
  type NetworkInterface,
  type NetworkInterfaceProps,
  NetworkUse,
  type NixInput,
  type NixosRelease,
  type NixosSource,
  PathFact,
  type PortRdma,
  type Priority,
  type Provenance,
  type Reason,
  type ResolvedHost,
  SegmentMembership,
  type Setting,
  type SwitchStatement,
  selectorOf,
  TrafficClasses,
  XdpProgram,
} from "./host";
export type {
  FileSettings,
  Forwarding,
  LimitSettings,
  LinkSetting,
  LinkSettings,
  NixOption,
  OnInterface,
  OpenPort,
  PackageSettings,
  ResolvedCheck,
  QdiscSettings,
  RouteSettings,
  ScriptSettings,
  UnitSettings,
  WireGuardDevice,
} from "./host";
export * from "./net";
export { type Finding, type FleetModel, type Rule, Rules, type Severity, type Violation } from "./rules";
export * from "./synth";
/** The derivations behind the constructs, as pure functions: buffers, MTUs, queues, plans. */
export * as tuning from "./tuning";
export * from "./units";
