/**
 * How strongly a value is meant. When several constructs set the same thing the highest priority wins;
 * two different values of the same priority are a conflict, unless the kind of setting has a merge rule.
 */
export type Priority = "default" | "normal" | "force";

/** Why a value is set. It travels with the value into every generated file and report. */
export interface Reason {
  /** One clause that a colleague would accept, e.g. `"2 × BDP of 10 Gbit/s × 200 µs"`. */
  readonly because: string;
  /** Where the number or the claim comes from. @default - the reason speaks for itself */
  readonly source?: string;
  /** How strongly it is meant. @default "normal" */
  readonly priority?: Priority;
}

/** A reason together with the construct that gave it. */
export interface Provenance {
  /** Path of the construct that set the value. */
  readonly origin: string;
  /** Why, as the construct said it; see {@link Reason}. */
  readonly because: string;
  /** Where the number or the claim comes from. @default - the reason speaks for itself */
  readonly source?: string;
  /** How strongly it was meant; the strongest won. */
  readonly priority: Priority;
}

/** One merged setting: its key, the value that won, and who set it and why. */
export interface Setting<T> extends Provenance {
  /** What is set, unique among the settings of its kind, e.g. a sysctl's name or `exp0 mtu`. */
  readonly key: string;
  /** What it is set to, once all constructs were heard. */
  readonly value: T;
}

const RANK: Record<Priority, number> = { default: 0, normal: 1, force: 2 };

export function isPriority(word: string): word is Priority {
  return Object.hasOwn(RANK, word);
}

/** Negative when `a` is weaker than `b`. */
export function comparePriority(a: Priority, b: Priority): number {
  return RANK[a] - RANK[b];
}
