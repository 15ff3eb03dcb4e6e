import { DURATION } from "./duration";
import { RATE } from "./rate";
/**
 * Values are recognized by a method unique to their class, so that one of another copy of the library
 * counts, and how one is written.
 */
const CLASSES = {
  Rate: { problem: RATE, method: "toBps", usual: "Rate.gbps(10)" },
  Duration: { problem: DURATION, method: "toNanos", usual: "Duration.millis(20)" },
} as const;

/**
 * The value of a property that takes a quantity with a unit. Types see to that, but plain JavaScript and `as any` hand over
 * bare numbers and texts, which then fail far from where they were written. Throws `NL-RATE` or `NL-DURATION`.
 */
export function requireUnit<T>(name: keyof typeof CLASSES, property: string, value: T, example?: string): T {
  const { problem, method, usual } = CLASSES[name];
  if (typeof (value as Record<string, unknown> | null | undefined)?.[method] === "function") return value;
  throw problem({
    what: `${property} has no unit`,
    value,
    allowed: `a ${name}`,
    remedy: `${property}: ${example ?? usual}`,
  });
}
