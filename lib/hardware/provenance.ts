/**
 * How far a fact can be trusted: `verified` was read in a primary source or reproduced, `documented` was read in a
 * second-hand copy or an old edition, `assumed` is engineering knowledge and only ever a default.
 */
export type Confidence = "verified" | "documented" | "assumed";

/** Where a fact comes from. */
export interface Provenance {
  /** Document, file or site, in words that let a reader find it. */
  readonly source: string;
  /** How far the fact can be trusted. */
  readonly confidence: Confidence;
}
