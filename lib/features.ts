// `netloom/features`: what authors of constructs, facts and rules build with.
export { choosePort, type ILan, type PortChoice } from "./constructs/fabric";
export type { ProblemText } from "./errors";
export {
  type Confidence,
  type MachineCpu,
  type MachineNic,
  nicModels,
  type PortRole,
  type RdmaKind,
  type RingLimits,
  speaksRoce,
} from "./hardware";
export {
  type CheckKind,
  type CheckPhase,
  defineFact,
  FabricPort,
  type Fact,
  type FactProps,
  HostFeature,
  HostSettings,
  type LinkSetting,
  linkValue,
  NetworkUse,
  type NixOption,
  type OnInterface,
  optionLeaves,
  PathFact,
  type Planned,
  type PortRdma,
  type Provenance,
  type ResolvedCheck,
  type ResolvedHost,
  SegmentMembership,
  type Setting,
  type SwitchStatement,
  selectorOf,
  sysctlValue,
  TrafficClasses,
  type WireGuardDevice,
  XdpProgram,
} from "./host";
export { type AddressPoolProps, type CidrOverlap, findOverlaps, type IpFamily } from "./net";
export type { FleetModel, Rule, RuleText, Violation } from "./rules";
export {
  type AppliedResource,
  type AppliedResourceProps,
  type LockedMember,
  type LockedMesh,
  type LockFile,
  type PlanContext,
  StackFeature,
  type StackFile,
  type StackFiles,
} from "./synth";
