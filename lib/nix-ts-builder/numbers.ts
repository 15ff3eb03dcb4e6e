import { type FloatNode, type IntNode, make } from "./tree";
import { NixError } from "./error";

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;

/** The smallest float that Nix reads: anything nearer to zero is "invalid float". */
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/** A JavaScript number as the Nix number that it shows: whole ones become integers, fractions become floats. */
export function numberNode(value: number, path: () => string): IntNode | FloatNode {
  if (Number.isSafeInteger(value)) return make<IntNode>({ kind: "int", value: BigInt(value) });
  if (Number.isInteger(value)) {
    throw new NixError({
      path: path(),
      what: "is a whole number beyond ±(2^53 - 1), where JavaScript no longer holds every digit",
      value,
      accepted: "a bigint for an integer, or nix.float(x) for a float",
    });
  }
  return floatNode(value, path);
}

export function intNode(value: bigint, path: () => string): IntNode {
  if (value < INT_MIN || value > INT_MAX) {
    throw new NixError({
      path: path(),
      what: "does not fit a Nix integer",
      value,
      accepted: "-9223372036854775808 to 9223372036854775807",
    });
  }
  return make<IntNode>({ kind: "int", value });
}

export function floatNode(value: number, path: () => string): FloatNode {
  const tooSmall = value !== 0 && Math.abs(value) < SMALLEST_NORMAL;
  if (!Number.isFinite(value) || tooSmall) {
    throw new NixError({
      path: path(),
      what: tooSmall ? "is a subnormal float, which Nix does not read" : "has no Nix literal",
      value,
      accepted: "a finite number that is 0 or at least 2.2250738585072014e-308 away from it",
    });
  }
  // Nix has no -0.0: it reads `-0.0` as `0 - 0.0`.
  return make<FloatNode>({ kind: "float", value: value === 0 ? 0 : value });
}

/** Whether an integer has no literal: Nix reads a minus as an operator on a positive number, and 2^63 does not fit. */
export function isSmallestInt(value: bigint): boolean {
  return value === INT_MIN;
}

/** The Nix text of an integer. */
export function intText(value: bigint): string {
  // Numbers become text several times faster than bigints.
  const number = Number(value);
  if (Number.isSafeInteger(number)) return String(number);
  return isSmallestInt(value) ? "-9223372036854775807 - 1" : value.toString();
}

/** The Nix text of a float: JavaScript's shortest digits, always with a dot (`1e5` would be the call `1 e5`). */
export function floatText(value: number): string {
  const text = String(value);
  if (text.includes(".")) return text;
  const exponent = text.indexOf("e");
  return exponent < 0 ? `${text}.0` : `${text.slice(0, exponent)}.0${text.slice(exponent)}`;
}
