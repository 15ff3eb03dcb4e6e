import { defineProblem } from "../errors";
import { formatQuantity, parseQuantity, requireAmount, scaleToWhole } from "./quantity";

export const DURATION = defineProblem("NL-DURATION", "A time has a unit and is not negative");

const WHAT = "this is not a duration";
const ALLOWED = "a finite number >= 0, at least one nanosecond if not zero and at most 104 days";

const MICRO = 1_000;
const MILLI = 1_000_000;
const SECOND = 1_000_000_000;
const MINUTE = 60 * SECOND;

const SCALE = [
  ["min", MINUTE],
  ["s", SECOND],
  ["ms", MILLI],
  ["µs", MICRO],
  ["ns", 1],
] as const;
const UNITS = { ns: 1, µs: MICRO, μs: MICRO, us: MICRO, ms: MILLI, s: SECOND, min: MINUTE };

/** A span of time, kept in whole nanoseconds. */
export class Duration {
  /** Nanoseconds. */
  static nanos(amount: number): Duration {
    return new Duration(scaleToWhole(DURATION, WHAT, amount, 1, ALLOWED));
  }

  /** Microseconds. */
  static micros(amount: number): Duration {
    return new Duration(scaleToWhole(DURATION, WHAT, amount, MICRO, ALLOWED));
  }

  /** Milliseconds. */
  static millis(amount: number): Duration {
    return new Duration(scaleToWhole(DURATION, WHAT, amount, MILLI, ALLOWED));
  }

  /** Seconds. */
  static seconds(amount: number): Duration {
    return new Duration(scaleToWhole(DURATION, WHAT, amount, SECOND, ALLOWED));
  }

  /** Minutes. */
  static minutes(amount: number): Duration {
    return new Duration(scaleToWhole(DURATION, WHAT, amount, MINUTE, ALLOWED));
  }

  /** Reads `200us`, `200 µs`, `1.5 ms`, `25s`. Throws `NL-DURATION` on anything else. */
  static parse(text: string): Duration {
    const { amount, size } = parseQuantity(DURATION, WHAT, text, UNITS);
    return new Duration(scaleToWhole(DURATION, WHAT, amount, size, ALLOWED));
  }

  private readonly amount: number;

  private constructor(nanos: number) {
    this.amount = nanos;
  }

  /** Whole nanoseconds. */
  toNanos(): number {
    return this.amount;
  }

  /** Microseconds, with a fraction where there is one. */
  toMicros(): number {
    return this.amount / MICRO;
  }

  /** Milliseconds, with a fraction where there is one. */
  toMillis(): number {
    return this.amount / MILLI;
  }

  /** Seconds, with a fraction where there is one. */
  toSeconds(): number {
    return this.amount / SECOND;
  }

  /** The product, rounded to a whole nanosecond. */
  times(factor: number): Duration {
    return Duration.nanos(Math.round(this.amount * requireAmount(DURATION, WHAT, factor, ALLOWED)));
  }

  /** The sum. */
  plus(other: Duration): Duration {
    return Duration.nanos(this.amount + other.amount);
  }

  /** The same time, in whichever unit each was written. */
  equals(other: Duration): boolean {
    return this.amount === other.amount;
  }

  /** Negative when shorter than `other`, zero when equal, positive when longer. */
  compareTo(other: Duration): number {
    return this.amount - other.amount;
  }

  /** Readable form in the largest fitting unit, e.g. `200 µs`. */
  toString(): string {
    return formatQuantity(this.amount, SCALE);
  }

  /** The readable form, so that it is not taken for a bare number of unknown unit. */
  toJSON(): string {
    return this.toString();
  }
}
