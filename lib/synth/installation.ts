import type { IConstruct } from "constructs";
import { defineProblem } from "../errors";
import { TerraformStack } from "./cdktf";

const MIXED_CDKTF = defineProblem("NL-MIXED-CDKTF", "An app has one copy of cdktf");

/**
 * cdktf and its successor cdktn cannot live in one construct tree: the types fit, and synthesis then crashes inside
 * the older one. Told apart here, so that the reader gets a sentence instead of a stack trace.
 */
export function detectMixedInstallation(stack: IConstruct): void {
  let prototype = Object.getPrototypeOf(stack) as object | null;
  while (prototype !== null && prototype !== TerraformStack.prototype) prototype = Object.getPrototypeOf(prototype);
  if (prototype === TerraformStack.prototype) return;
  throw MIXED_CDKTF({
    path: stack.node.path,
    what: "this stack was made with another copy of cdktf (or with cdktn) than the one that netloom loads",
    allowed: "one core package in node_modules",
    remedy: `for CDK Terrain: "cdktf": "npm:cdktn@…" in dependencies and in overrides; otherwise run "npm dedupe"`,
  });
}
