import { defineProblem } from "../errors";
import { Bits, type Bytes } from "./data-size";
import { Duration } from "./duration";
import { formatQuantity, parseQuantity, requireAmount, scaleToWhole } from "./quantity";

export const RATE = defineProblem("NL-RATE", "A rate has a unit, in bits, and is not zero");

const WHAT = "this is not a data rate";
const ALLOWED = "a finite number greater than 0, at least one bit per second";

const KILO = 1e3;
const MEGA = 1e6;
const GIGA = 1e9;

const SCALE = [
  ["Gbit/s", GIGA],
  ["Mbit/s", MEGA],
  ["kbit/s", KILO],
  ["bit/s", 1],
] as const;
const UNITS = {
  "bit/s": 1,
  bps: 1,
  "kbit/s": KILO,
  kbps: KILO,
  "Mbit/s": MEGA,
  Mbps: MEGA,
  "Gbit/s": GIGA,
  Gbps: GIGA,
};

const NANOS_PER_SECOND = 1_000_000_000n;

/** A data rate in whole bits per second; prefixes are decimal, as on every network device. */
export class Rate {
  /** Bits per second. */
  static bps(amount: number): Rate {
    return Rate.scaled(amount, 1);
  }

  /** Kilobits per second (1000 bit/s). */
  static kbps(amount: number): Rate {
    return Rate.scaled(amount, KILO);
  }

  /** Megabits per second (1000² bit/s). */
  static mbps(amount: number): Rate {
    return Rate.scaled(amount, MEGA);
  }

  /** Gigabits per second (1000³ bit/s). */
  static gbps(amount: number): Rate {
    return Rate.scaled(amount, GIGA);
  }

  /** Reads `10Gbit/s`, `10 Gbps`, `940 Mbit/s`. Throws `NL-RATE` on anything else; `b` is never taken for bytes. */
  static parse(text: string): Rate {
    const { amount, size } = parseQuantity(RATE, WHAT, text, UNITS);
    return Rate.scaled(amount, size);
  }

  private static scaled(amount: number, size: number): Rate {
    const bps = scaleToWhole(RATE, WHAT, amount, size, ALLOWED);
    if (bps === 0) throw RATE({ what: WHAT, value: amount, allowed: ALLOWED });
    return new Rate(bps);
  }

  private readonly amount: number;

  private constructor(bps: number) {
    this.amount = bps;
  }

  /** Bits per second. */
  toBps(): number {
    return this.amount;
  }

  /** Gigabits per second, with a fraction where there is one. */
  toGbps(): number {
    return this.amount / GIGA;
  }

  /** What this rate carries in `duration`, rounded up to a whole bit. */
  over(duration: Duration): Bits {
    const product = BigInt(this.amount) * BigInt(duration.toNanos());
    return Bits.of(Number((product + NANOS_PER_SECOND - 1n) / NANOS_PER_SECOND));
  }

  /** The time that `data` needs at this rate, to the nanosecond, rounded up. */
  timeFor(data: Bits | Bytes): Duration {
    const bits = data.toBits();
    const count = BigInt(typeof bits === "number" ? bits : bits.toBits());
    return Duration.nanos(Number((count * NANOS_PER_SECOND + BigInt(this.amount) - 1n) / BigInt(this.amount)));
  }

  /** The product, rounded to a whole bit per second. */
  times(factor: number): Rate {
    return Rate.bps(Math.round(this.amount * requireAmount(RATE, WHAT, factor, ALLOWED)));
  }

  /** The same rate, in whichever unit each was written. */
  equals(other: Rate): boolean {
    return this.amount === other.amount;
  }

  /** Negative when slower than `other`, zero when equal, positive when faster. */
  compareTo(other: Rate): number {
    return this.amount - other.amount;
  }

  /** Readable form with decimal units, e.g. `10 Gbit/s`. */
  toString(): string {
    return formatQuantity(this.amount, SCALE);
  }

  /** The readable form, so that it is not taken for a bare number of unknown unit. */
  toJSON(): string {
    return this.toString();
  }
}
