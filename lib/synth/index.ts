export type { LockedMember, LockedMesh, SshTargetProps, TargetSpec } from "../contract";
export { Applier, type ApplierSpec, type AppliedResource, type AppliedResourceProps } from "./applier";
export { Deployment } from "./deployment";
export type { DeploymentProps } from "./deployment-props";
export type { LockFile } from "./lock";
export { StackFeature } from "./stack-feature";
export type { PlanContext, StackFile, StackFiles } from "./stack-files";
export { Target } from "./target";
