import type { Problem } from "../../../errors";

/** What a check found: errors stop the synthesis, warnings are shown. */
export interface Findings {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}
