import { defineProblem } from "../errors";
import { formatQuantity, requireAmount, requireWhole, scaleToWhole } from "./quantity";

const BITS = defineProblem("NL-BITS", "An amount of bits is a whole number");
const BYTES = defineProblem("NL-BYTES", "An amount of bytes is a whole number");

// Bits and bytes share a file since each converts into the other.

const BYTES_WHAT = "this is not an amount of bytes";
const BYTES_ALLOWED = "a whole number of bytes, 0 to 2^53-1";

const KIB = 1024;
const MIB = KIB * 1024;
const GIB = MIB * 1024;

const BYTES_SCALE = [
  ["GiB", GIB],
  ["MiB", MIB],
  ["KiB", KIB],
  ["B", 1],
] as const;

/** An amount of memory or data in whole bytes. Cannot be passed where {@link Bits} are wanted. */
export class Bytes {
  /** Whole bytes. Throws `NL-BYTES` on anything else. */
  static of(amount: number): Bytes {
    return new Bytes(requireWhole(BYTES, BYTES_WHAT, amount, BYTES_ALLOWED));
  }

  /** Binary kilobytes (1024 bytes). */
  static kib(amount: number): Bytes {
    return new Bytes(scaleToWhole(BYTES, BYTES_WHAT, amount, KIB, BYTES_ALLOWED));
  }

  /** Binary megabytes (1024² bytes). */
  static mib(amount: number): Bytes {
    return new Bytes(scaleToWhole(BYTES, BYTES_WHAT, amount, MIB, BYTES_ALLOWED));
  }

  /** Binary gigabytes (1024³ bytes). */
  static gib(amount: number): Bytes {
    return new Bytes(scaleToWhole(BYTES, BYTES_WHAT, amount, GIB, BYTES_ALLOWED));
  }

  private readonly amount: number;

  private constructor(bytes: number) {
    this.amount = bytes;
  }

  /** Bytes. */
  toBytes(): number {
    return this.amount;
  }

  /** The same amount in bits. */
  toBits(): Bits {
    return Bits.of(this.amount * 8);
  }

  /** The sum. */
  plus(other: Bytes): Bytes {
    return Bytes.of(this.amount + other.amount);
  }

  /** The product, rounded up to a whole byte. */
  times(factor: number): Bytes {
    return Bytes.of(
      Math.ceil(this.amount * requireAmount(BYTES, "a factor must not be negative", factor, "a number >= 0")),
    );
  }

  /** The same number, in whichever unit each was written. */
  equals(other: Bytes): boolean {
    return this.amount === other.amount;
  }

  /** Negative when less than `other`, zero when equal, positive when more. */
  compareTo(other: Bytes): number {
    return this.amount - other.amount;
  }

  /** Readable form with binary units, e.g. `16 MiB`. */
  toString(): string {
    return formatQuantity(this.amount, BYTES_SCALE);
  }

  /** The readable form, so that it is not taken for a bare number of unknown unit. */
  toJSON(): string {
    return this.toString();
  }
}

const BITS_SCALE = [
  ["Gbit", 1e9],
  ["Mbit", 1e6],
  ["kbit", 1e3],
  ["bit", 1],
] as const;

const BITS_PER_BYTE = 8;

/** An amount of data on the wire in whole bits. Cannot be passed where {@link Bytes} are wanted. */
export class Bits {
  /** Whole bits. Throws `NL-BITS` on anything else. */
  static of(amount: number): Bits {
    return new Bits(requireWhole(BITS, "this is not an amount of bits", amount, "a whole number, 0 to 2^53-1"));
  }

  private readonly amount: number;

  private constructor(bits: number) {
    this.amount = bits;
  }

  /** Bits. */
  toBits(): number {
    return this.amount;
  }

  /** The bytes that hold these bits, rounded up. */
  toBytes(): Bytes {
    return Bytes.of(Math.ceil(this.amount / BITS_PER_BYTE));
  }

  /** The same number, in whichever unit each was written. */
  equals(other: Bits): boolean {
    return this.amount === other.amount;
  }

  /** Readable form with decimal units, e.g. `2 Mbit`. */
  toString(): string {
    return formatQuantity(this.amount, BITS_SCALE);
  }

  /** The readable form, so that it is not taken for a bare number of unknown unit. */
  toJSON(): string {
    return this.toString();
  }
}
