import { fail } from "../errors";

/**
 * How a value of each class is told: by a method that no other class has, so that one of another copy of the library
 * counts, and how one is written.
 */
const CLASSES = {
  Rate: { code: "NL-RATE", method: "toBps", usual: "Rate.gbps(10)" },
  Duration: { code: "NL-DURATION", method: "toNanos", usual: "Duration.millis(20)" },
} as const;

/**
 * The value of a property that takes a quantity with a unit. Types see to that, but plain JavaScript and `as any` hand over
 * bare numbers and texts, which then fail far from where they were written. Throws `NL-RATE` or `NL-DURATION`.
 */
export function requireUnit<T>(name: keyof typeof CLASSES, property: string, value: T, example?: string): T {
  const { code, method, usual } = CLASSES[name];
  if (typeof (value as Record<string, unknown> | null | undefined)?.[method] === "function") return value;
  return fail({
    code,
    what: `${property} has no unit`,
    value,
    allowed: `a ${name}`,
    remedy: `${property}: ${example ?? usual}`,
  });
}
