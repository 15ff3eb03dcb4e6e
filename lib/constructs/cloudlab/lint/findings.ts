import type { Problem } from "../../../errors";

/** What a check found: errors stop the synthesis, warnings are shown. */
export interface Findings {
  /** What the testbed would refuse, ignore or make something else of. */
  readonly errors: readonly Problem[];
  /** What works, though it is seldom meant. */
  readonly warnings: readonly Problem[];
}
