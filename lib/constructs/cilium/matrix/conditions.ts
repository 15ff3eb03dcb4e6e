import { Cidr } from "../../../net";
import type { Condition, DriverData } from "../data";
import { type FactLookup, UNKNOWN } from "./facts";
import { versionAtLeast } from "./version";

/** What a condition comes to: with a fact missing it is neither met nor violated. */
export type Truth = true | false | "unknown";

/** The outcome of a condition and the facts that were missing. */
export interface Outcome {
  readonly truth: Truth;
  readonly missing: readonly string[];
}

export interface ConditionContext {
  readonly facts: FactLookup;
  readonly drivers: Readonly<Record<string, DriverData>>;
}

/** All conditions must hold. */
export function evaluateAll(conditions: readonly Condition[], context: ConditionContext): Outcome {
  return combine(conditions, context, false);
}

/** Three-valued and/or: `decisive` is the value of one part that settles the whole. */
function combine(conditions: readonly Condition[], context: ConditionContext, decisive: boolean): Outcome {
  const missing: string[] = [];
  let unknown = false;
  for (const condition of conditions) {
    const outcome = evaluate(condition, context);
    if (outcome.truth === decisive) return { truth: decisive, missing: [] };
    if (outcome.truth === "unknown") {
      unknown = true;
      missing.push(...outcome.missing);
    }
  }
  return unknown ? { truth: "unknown", missing: [...new Set(missing)] } : { truth: !decisive, missing: [] };
}

function evaluate(condition: Condition, context: ConditionContext): Outcome {
  const [path, operator, operand] = condition;
  if (path === "any") return combine(operator as unknown as readonly Condition[], context, true);
  if (path === "all") return combine(operator as unknown as readonly Condition[], context, false);
  const value = context.facts(path);
  if (value === UNKNOWN) return { truth: "unknown", missing: [path] };
  const test = OPERATORS[operator as string];
  if (test === undefined) throw new RangeError(`matrix operator ${String(operator)}`);
  return test(value, operand, context);
}

type Operator = (value: unknown, operand: unknown, context: ConditionContext) => Outcome;

const known = (truth: boolean): Outcome => ({ truth, missing: [] });
const unset = (value: unknown): boolean =>
  value === null || value === "" || (Array.isArray(value) && value.length === 0);
const truthy = (value: unknown): boolean => value === true || value === "true";

/** Operators of the matrix by name. An operand may itself name a fact. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  set: (value) => known(!unset(value)),
  unset: (value) => known(unset(value)),
  truthy: (value) => known(truthy(value)),
  eq: (value, operand) => known(same(value, operand)),
  ne: (value, operand) => known(!same(value, operand)),
  in: (value, operand) => known(list(operand).some((item) => same(value, item))),
  nin: (value, operand) => known(!list(operand).some((item) => same(value, item))),
  match: (value, operand) => known(typeof value === "string" && new RegExp(String(operand)).test(value)),
  maxlen: (value, operand) => known(typeof value === "string" && value.length <= Number(operand)),
  lte: (value, operand) => known(Number(value) <= Number(operand)),
  gte: (value, operand) =>
    known(typeof operand === "string" ? versionAtLeast(String(value), operand) : Number(value) >= Number(operand)),
  has: (value, operand) => known(list(value).includes(operand)),
  superset: (value, operand, context) => superset(value, operand, context),
  hasXdp: (value, _operand, context) => hasXdp(String(value), context),
  lteDriverXdpMtu: (value, _operand, context) => fitsXdp(Number(value), context),
  notAfter: (value, operand, context) =>
    withPorts(value, operand, context, ([first], [, lastEphemeral]) => first <= lastEphemeral),
  noOverlapPorts: (value, operand, context) =>
    withPorts(value, operand, context, ([first, last], [low, high]) => last < low || first > high),
  noOverlap: (value, operand, context) =>
    withFact(operand, context, (others) => known(!overlaps(list(value), list(others)))),
  eqCluster: (value, operand, context) =>
    withFact(operand, context, (pod) => known(list(value).length === 1 && sameCidr(list(value)[0], pod))),
};

function withFact(operand: unknown, { facts }: ConditionContext, use: (value: unknown) => Outcome): Outcome {
  const value = facts(String(operand));
  return value === UNKNOWN ? { truth: "unknown", missing: [String(operand)] } : use(value);
}

function withPorts(
  value: unknown,
  operand: unknown,
  context: ConditionContext,
  test: (range: readonly [number, number], ephemeral: readonly [number, number]) => boolean,
): Outcome {
  return withFact(operand, context, (other) => known(test(ports(unset(value) ? "30000,32767" : value), ports(other))));
}

function superset(value: unknown, operand: unknown, context: ConditionContext): Outcome {
  const wanted: unknown[] = [];
  for (const item of list(operand)) {
    if (typeof item === "string" && item.startsWith("derived.")) {
      const derived = context.facts(item);
      if (derived === UNKNOWN) return { truth: "unknown", missing: [item] };
      wanted.push(...list(derived));
    } else wanted.push(item);
  }
  const have = list(value);
  // An interface wildcard is `*` for nftables and `+` for iptables; which one is in force is NixOS' to know.
  return known(wanted.every((item) => have.includes(item) || have.includes(String(item).replace(/\+$/, "*"))));
}

function hasXdp(driver: string, { facts, drivers }: ConditionContext): Outcome {
  const data = drivers[driver];
  if (data === undefined) return { truth: "unknown", missing: [`node.nicDriver (${driver} is not in the table)`] };
  if (data.xdp === null) return known(false);
  const kernel = facts("node.kernel");
  if (kernel === UNKNOWN) return { truth: "unknown", missing: ["node.kernel"] };
  return known(versionAtLeast(String(kernel), data.xdp));
}

/** The table decides for cards that the NIC catalogue, which knows kernels too, has no limit of. */
function fitsXdp(mtu: number, { facts, drivers }: ConditionContext): Outcome {
  if (facts("node.xdpLimitKnown") === true) return known(true);
  const driver = facts("node.nicDriver");
  if (driver === UNKNOWN) return { truth: "unknown", missing: ["node.nicDriver"] };
  const data = drivers[String(driver)];
  if (data?.xdpMaxMtu === undefined) return { truth: "unknown", missing: [`node.nicDriver (${String(driver)})`] };
  return known(data.xdpMaxMtu !== null && (mtu <= data.xdpMaxMtu || data.xdpFrags === true));
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (unset(a) && b === null);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === null ? [] : [value];
}

function ports(value: unknown): readonly [number, number] {
  const [first, last] = String(value)
    .split(/[\s,-]+/)
    .map(Number);
  return [first ?? 0, last ?? first ?? 0];
}

function overlaps(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.some((a) => right.some((b) => Cidr.parse(String(a)).overlaps(Cidr.parse(String(b)))));
}

function sameCidr(a: unknown, b: unknown): boolean {
  return Cidr.parse(String(a)).equals(Cidr.parse(String(b)));
}
