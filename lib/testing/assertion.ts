import { AssertionError } from "node:assert";
import type { Provenance } from "../host";
import { nearest } from "../nearest";

/** What an assertion found. */
export interface Judgement {
  readonly pass: boolean;
  /** What was asserted, as a sentence without a subject: `has sysctl net.ipv4.tcp_ecn = 1`. */
  readonly claim: string;
  readonly wanted?: unknown;
  /** What is there instead. @default - nothing */
  readonly found?: unknown;
  /** Things that might have been meant, each with who set it. */
  readonly near?: readonly string[];
}

/**
 * Throws an `AssertionError` of `node:assert`, which vitest, jest and `node --test` all understand, unless the
 * judgement is as expected. `caller` is left out of the stack trace, so that it points at the test.
 */
export function settle(
  subject: string,
  judgement: Judgement,
  negated: boolean,
  caller: (...args: never[]) => void,
): void {
  if (judgement.pass !== negated) return;
  const { claim, wanted, found, near = [] } = judgement;
  const lines = [`${negated ? "did not expect" : "expected"} that ${subject} ${claim}`];
  if (!negated && wanted !== undefined) lines.push(`  wanted: ${show(wanted)}`);
  lines.push(`  found:  ${found === undefined ? "nothing" : show(found)}`);
  if (!negated) lines.push(...near.map((line, i) => `  ${i === 0 ? "near:  " : "       "} ${line}`));
  throw new AssertionError({
    message: lines.join("\n"),
    actual: found,
    expected: negated ? undefined : wanted,
    operator: negated ? "not" : "has",
    stackStartFn: caller,
  });
}

/** A value as one line. */
export function show(value: unknown): string {
  if (value instanceof RegExp) return String(value);
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}

/** Who set something, and why. */
export function by(from: Provenance): string {
  return `(${from.origin}: ${from.because})`;
}

/** The entries whose keys are most like `key`, as lines; the whole list where it is short and nothing is alike. */
export function nearLines<T>(
  key: string,
  entries: readonly T[],
  keyOf: (entry: T) => string,
  line: (entry: T) => string,
): readonly string[] {
  const close = nearest(key, entries.map(keyOf));
  if (close.length === 0) return entries.slice(0, FEW).map(line);
  return close.map((name) => line(entries.find((entry) => keyOf(entry) === name)!));
}

const FEW = 5;

/** Whether every property that `part` names is in `whole` with an equal value; lists and plain values must be equal. */
export function includes(whole: unknown, part: unknown): boolean {
  if (part instanceof RegExp) return typeof whole === "string" && part.test(whole);
  if (Array.isArray(part) || part === null || typeof part !== "object") return same(whole, part);
  if (whole === null || typeof whole !== "object") return false;
  return Object.entries(part).every(
    ([key, value]) => value === undefined || includes((whole as Readonly<Record<string, unknown>>)[key], value),
  );
}

function same(left: unknown, right: unknown): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

/** Whether `text` holds the wanted text, or matches the wanted expression. */
export function matches(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}
