import type { Problem } from "../errors";
import { comparePriority, type Provenance, type Setting } from "./reason";

/**
 * How values of equal priority for one key come together: `undefined` means that they must be equal;
 * otherwise the function combines two values, or returns `undefined` when they cannot be combined.
 */
export type Combine<T> = (left: T, right: T) => T | undefined;

const NOTHING: readonly never[] = [];

/** All settings of one kind (sysctls, units, files …) on one host, as they are contributed. */
export class SettingMap<T> {
  readonly kind: string;
  private readonly combine: Combine<T> | undefined;
  private readonly entries = new Map<string, Setting<T>[]>();

  constructor(kind: string, combine?: Combine<T>) {
    this.kind = kind;
    this.combine = combine;
  }

  add(key: string, value: T, { origin, because, source, priority }: Provenance): void {
    const setting: Setting<T> = { key, value, origin, because, source, priority };
    const list = this.entries.get(key);
    if (list === undefined) this.entries.set(key, [setting]);
    else list.push(setting);
  }

  /** The winning setting of each key, sorted by key; conflicts are added to `problems`. */
  resolve(problems: Problem[]): readonly Setting<T>[] {
    if (this.entries.size === 0) return NOTHING;
    const keys = [...this.entries.keys()].sort();
    return keys.map((key) => this.winner(key, this.entries.get(key)!, problems));
  }

  /** Only the strongest candidates count, in an order of their own, so that the order of contributions never matters. */
  private winner(key: string, candidates: readonly Setting<T>[], problems: Problem[]): Setting<T> {
    if (candidates.length === 1) return candidates[0]!;
    const strongest = candidates.reduce((best, next) =>
      comparePriority(next.priority, best.priority) > 0 ? next : best,
    ).priority;
    return candidates
      .filter((candidate) => candidate.priority === strongest)
      .map((setting) => ({
        setting,
        rank: JSON.stringify([setting.origin, setting.value, setting.because, setting.source]),
      }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1))
      .map(({ setting }) => setting)
      .reduce((best, next) => this.merge(key, best, next, problems));
  }

  private merge(key: string, left: Setting<T>, right: Setting<T>, problems: Problem[]): Setting<T> {
    if (sameValue(left.value, right.value)) return left;
    const combined = this.combine?.(left.value, right.value);
    if (combined !== undefined) return mergedFrom(left, right, combined);
    problems.push({
      code: "NL-CONFLICT",
      path: left.origin,
      others: [right.origin],
      what: `two constructs set ${this.kind} ${key} to different values: ${describe(left)}; ${describe(right)}`,
      value: [left.value, right.value],
      allowed: "one value per host",
      remedy: `remove one of the two, or give the one that shall win { priority: "force" }`,
    });
    return left;
  }
}

function mergedFrom<T>(left: Setting<T>, right: Setting<T>, value: T): Setting<T> {
  if (sameValue(value, left.value)) return left;
  if (sameValue(value, right.value)) return right;
  return { ...left, value, because: `${left.because}; ${right.because} (${right.origin})` };
}

function describe<T>(setting: Setting<T>): string {
  return `${JSON.stringify(setting.value)} (${setting.origin}: ${setting.because})`;
}

function sameValue(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

/** Combines vectors of numbers (`"4096 131072 6291456"`) by taking the larger number in each place. */
export function largestOfEach(left: string, right: string): string | undefined {
  const a = left.split(" ").map(Number);
  const b = right.split(" ").map(Number);
  if (a.length !== b.length || [...a, ...b].some((n) => !Number.isFinite(n))) return undefined;
  return a.map((n, i) => Math.max(n, b[i]!)).join(" ");
}
