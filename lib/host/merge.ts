import { defineProblem, type Problem } from "../errors";
import { comparePriority, type Provenance, type Setting } from "./reason";

const CONFLICT = defineProblem("NL-CONFLICT", "Constructs agree on a setting, or one of them has priority");

/** How different values of equal priority for one key come together. */
export interface Combine<T> {
  /** Both in one, or `undefined` when that cannot be. */
  combine(left: T, right: T): T | undefined;
  /** Negative when `left` decides more of what comes out: its construct is the one that findings name. */
  compare(left: T, right: T): number;
}

const NOTHING: readonly never[] = [];

/** All settings of one kind (sysctls, units, files …) on one host, as they are contributed. */
export class SettingMap<T> {
  readonly kind: string;
  private readonly combining: (key: string) => Combine<T> | undefined;
  private readonly entries = new Map<string, Setting<T>[]>();

  /** Without `combining`, values of equal priority must be equal. */
  constructor(kind: string, combining: (key: string) => Combine<T> | undefined = () => undefined) {
    this.kind = kind;
    this.combining = combining;
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
    const combining = this.combining(key);
    const strongest = candidates.reduce((best, next) =>
      comparePriority(next.priority, best.priority) > 0 ? next : best,
    ).priority;
    return candidates
      .filter((candidate) => candidate.priority === strongest)
      .map((setting) => ({
        setting,
        rank: JSON.stringify([setting.origin, setting.value, setting.because, setting.source]),
      }))
      .sort((a, b) => combining?.compare(a.setting.value, b.setting.value) || (a.rank < b.rank ? -1 : 1))
      .map(({ setting }) => setting)
      .reduce((best, next) => this.merge(key, best, next, problems, combining));
  }

  private merge(
    key: string,
    left: Setting<T>,
    right: Setting<T>,
    problems: Problem[],
    combining: Combine<T> | undefined,
  ): Setting<T> {
    if (sameValue(left.value, right.value)) return left;
    const combined = combining?.combine(left.value, right.value);
    if (combined !== undefined) return mergedFrom(left, right, combined);
    problems.push({
      code: CONFLICT.id,
      path: left.origin,
      others: [right.origin],
      what: `two constructs set ${this.kind} ${key} to different values: ${describe(left)}; ${describe(right)}`,
      value: [left.value, right.value],
      allowed: "one value per host",
      remedy: `remove one of the two, or set priority: "force" on the one that should win`,
    });
    return left;
  }
}

function mergedFrom<T>(left: Setting<T>, right: Setting<T>, value: T): Setting<T> {
  if (sameValue(value, left.value)) return left;
  return { ...left, value, because: `${left.because}; ${right.because} (${right.origin})` };
}

function describe<T>(setting: Setting<T>): string {
  return `${JSON.stringify(setting.value)} (${setting.origin}: ${setting.because})`;
}

function sameValue(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

/** Vectors of numbers (`"4096 131072 6291456"`) get the larger number in each place; the last one is the ceiling. */
export const LARGEST_OF_EACH: Combine<string> = {
  combine(left, right) {
    const [a, b] = [numbers(left), numbers(right)];
    return a.length === 0 || a.length !== b.length ? undefined : a.map((n, i) => Math.max(n, b[i]!)).join(" ");
  },
  compare(left, right) {
    const [a, b] = [numbers(left), numbers(right)];
    if (a.length !== b.length) return a.length - b.length;
    const place = a.findLastIndex((n, i) => n !== b[i]);
    return place === -1 ? 0 : b[place]! - a[place]!;
  },
};

/** Empty when there is anything else in it. */
function numbers(vector: string): readonly number[] {
  const list = vector.split(" ").map(Number);
  return list.every(Number.isFinite) ? list : [];
}
