export { Applier, type ApplierSpec, type AppliedResource, type AppliedResourceProps } from "./applier";
export { Deployment } from "./deployment";
export type { DeploymentProps } from "./deployment-props";
export type { LockedMember, LockedMesh, LockFile } from "./lock";
export { StackFeature } from "./stack-feature";
export type { StackFile, StackFiles } from "./stack-files";
export { Target, type SshTargetProps, type TargetSpec } from "./target";
