import { quoteName } from "./names";

/** Steps from the root of a value to a part of it: attribute names and list indexes. */
export type ValuePath = readonly (string | number)[];

/** What {@link NixError} is made of. */
export interface NixProblem {
  /** Where inside the value, e.g. `config.boot.kernel.sysctl."net.core.rmem_max"`. */
  readonly path: string;
  /** One clause: what is wrong there. */
  readonly what: string;
  /** The value as it was given. @default - there is no single value */
  readonly value?: unknown;
  /** What would have been accepted. */
  readonly accepted: string;
}

/**
 * The one exception of nix-ts-builder: something cannot be written in Nix, or would mean something else there.
 * The message names the path inside the value, the value, and what is accepted.
 */
export class NixError extends Error implements NixProblem {
  readonly path: string;
  readonly what: string;
  readonly value: unknown;
  readonly accepted: string;

  constructor(problem: NixProblem) {
    const given = "value" in problem ? ` (given: ${describeValue(problem.value)})` : "";
    super(`${problem.path}: ${problem.what}${given}; accepted: ${problem.accepted}`);
    this.name = "NixError";
    this.path = problem.path;
    this.what = problem.what;
    this.value = problem.value;
    this.accepted = problem.accepted;
  }
}

/** A path in Nix notation, below a root that is text already: `config.networking."a b"[0]`. */
export function formatPath(path: ValuePath, root = ""): string {
  let text = root;
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? quoteName(step) : `.${quoteName(step)}`;
  }
  return text;
}

const SHOWN = 80;

/** A short, one-line rendering of any JavaScript value for messages; never throws and never shows more than 80 characters. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return cut(JSON.stringify(value.slice(0, SHOWN + 1)));
    case "bigint":
      return `${cut(value.toString())}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const kind = (value as { kind?: unknown }).kind;
  if (typeof kind === "string") return `a ${kind} node`;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "Object" && name !== "" ? `a ${name}` : "an object";
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
