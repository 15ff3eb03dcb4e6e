import type { ProblemKind } from "../errors";

/** A unit name and how many of the smallest unit it holds, largest first. */
export type UnitScale = readonly (readonly [name: string, size: number])[];

/** Refuses what is no finite, non-negative number. Value classes check here before they scale. */
export function requireAmount(problem: ProblemKind, what: string, value: unknown, allowed: string): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw problem({ what, value: typeof value === "number" ? String(value) : value, allowed });
  }
  return value;
}

/** As {@link requireAmount}, and whole and exactly representable as well. */
export function requireWhole(problem: ProblemKind, what: string, value: unknown, allowed: string): number {
  const amount = requireAmount(problem, what, value, allowed);
  if (!Number.isSafeInteger(amount)) throw problem({ what, value: String(amount), allowed });
  return amount;
}

/** Scales `value` to whole smallest units; refuses what vanishes in rounding or can no longer be counted exactly. */
export function scaleToWhole(
  problem: ProblemKind,
  what: string,
  value: unknown,
  size: number,
  allowed: string,
): number {
  const amount = requireAmount(problem, what, value, allowed);
  const scaled = Math.round(amount * size);
  if (!Number.isSafeInteger(scaled) || (scaled === 0 && amount > 0))
    throw problem({ what, value: String(amount), allowed });
  return scaled;
}

const SHOWN_DECIMALS = 3;

/** The amount in the largest unit that keeps it at or above one, with up to three decimals. */
export function formatQuantity(amount: number, scale: UnitScale): string {
  const [name, size] = scale.find(([, unitSize]) => amount >= unitSize) ?? scale[scale.length - 1]!;
  return `${Number((amount / size).toFixed(SHOWN_DECIMALS))} ${name}`;
}

/** Splits text such as `10Gbit/s` or `200 µs` into number and unit. */
export function parseQuantity(
  problem: ProblemKind,
  what: string,
  text: string,
  units: Readonly<Record<string, number>>,
): { readonly amount: number; readonly size: number } {
  const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([^\s0-9.]\S*)\s*$/u.exec(text);
  const size = match ? units[match[2]!] : undefined;
  if (!match || size === undefined) {
    throw problem({ what, value: text, allowed: `a number and one of ${Object.keys(units).join(", ")}` });
  }
  return { amount: Number(match[1]), size };
}
