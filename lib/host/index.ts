export type { CheckKind, CheckPhase } from "../contract";
export { Check, type CheckSpec, type CommandCheckProps } from "./check";
export { compileHost } from "./compile";
export { FabricPort, type PortRdma, type SwitchStatement, TrafficClasses } from "./fabric-port";
export { defineFact, type Fact, type FactProps } from "./facts";
export { HostFeature } from "./feature";
export {
  experimentInterfaces,
  type IHost,
  interfaceOf,
  NIXOS_RELEASES,
  type NixosRelease,
  type NixosSource,
  type Platform,
  selectorOf,
} from "./host";
export { isInterfaceName, type NetworkInterface, type NetworkInterfaceProps, networkInterface } from "./interface";
export * from "./kinds";
export { NetworkUse, PathFact, SegmentMembership, XdpProgram } from "./network-facts";
export type { NixInput } from "./nix-input";
export { optionLeaves, optionSet } from "./nixos-leaves";
export { optionPath } from "./option-path";
export { featureId, PathNames, pathNames } from "./path-names";
export type { Planned } from "./planned";
export type { HostPolicy } from "./policy";
export type { Priority, Provenance, Reason, Setting } from "./reason";
export {
  linkValue,
  networksOn,
  portOf,
  type Check as ResolvedCheck,
  type ResolvedHost,
  sysctlValue,
} from "./resolved";
export { HostSettings } from "./settings";
