import type { IConstruct } from "constructs";
import type { IStackFeature } from "./stack-files";

/** Carried by constructs that write files into the stack's folder; global, so that two copies of the library agree. */
export const STACK_FEATURE = Symbol.for("netloom/StackFeature");

export function isStackFeature(construct: IConstruct): construct is IStackFeature {
  return STACK_FEATURE in construct;
}
