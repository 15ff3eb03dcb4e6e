import { Construct } from "constructs";
import { Deployment } from "./deployment";
import { STACK_FEATURE } from "./markers";
import type { IStackFeature, PlanContext, StackFiles } from "./stack-files";

/**
 * A construct that writes files of its own into the stack's folder: a peer table, manifests, a profile.
 * What single hosts need, it gives them as `HostFeature`s. What both need to know is its plan: a value of type `P`, made
 * once per synthesis and handed to `contributeFiles`; features of hosts get it by `settings.planOf(…)`.
 */
export abstract class StackFeature<P = unknown> extends Construct implements IStackFeature<P> {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    Object.defineProperty(this, STACK_FEATURE, { value: true });
    Deployment.of(this);
  }

  /** Works out what files and hosts are made from. Called once per synthesis, before anything else; must not change any construct. */
  plan(_context: PlanContext): P {
    return undefined as P;
  }

  /** Adds files. Called once per synthesis, before hosts are asked; what it throws is reported with all other problems. */
  abstract contributeFiles(files: StackFiles, plan: P): void;
}
