import { Construct } from "constructs";
import { Deployment } from "./deployment";
import { STACK_FEATURE } from "./markers";
import type { IStackFeature, StackFiles } from "./stack-files";

/**
 * A construct that writes files of its own into the stack's folder: a peer table, manifests, a profile.
 * What single hosts need, it gives them as `HostFeature`s.
 */
export abstract class StackFeature extends Construct implements IStackFeature {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    Object.defineProperty(this, STACK_FEATURE, { value: true });
    Deployment.of(this);
  }

  /** Adds files. Called once per synthesis, before hosts are asked; what it throws is reported with all other problems. */
  abstract contributeFiles(files: StackFiles): void;
}
