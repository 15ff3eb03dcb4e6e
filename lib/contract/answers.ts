import { isIP } from "node:net";
import { RUN_PHASES } from "./check";
import { oneLine } from "./clean";
import { LARGEST_WINDOW } from "./index-file";
import { ContractError } from "./words";

/** What `agent status` says. `absent` stands for a host without an agent. */
export interface AgentStatus {
  /** Version of the agent's contract; 1 is also that of agents that had no other fields. */
  readonly agent: number;
  readonly committed: string;
  readonly active: string;
  readonly pending: string | null;
  readonly phase: (typeof AGENT_PHASES)[number];
  /** Seconds until an unconfirmed change reverts, at most {@link LARGEST_WINDOW}. */
  readonly remaining: number;
  readonly result: string;
  readonly errors: string;
  readonly warnings: string;
  /** The digest that was staged last, if it is intact. */
  readonly wanted: string;
  /** Who wants it: the id of a Terraform resource, or `-`. */
  readonly owner: string;
  /** Addresses, comma separated, that links had before netloom first set theirs. */
  readonly origins: string;
  readonly boot: string;
  /** What of the committed generation, or of the records of original values, is damaged. @default - the agent is too old to tell */
  readonly damaged?: string;
  /** Empty: no boot since the confirmation; `ok`; or what failed after the boot. @default - the agent is too old to tell */
  readonly bootReport?: string;
}

export const ABSENT: AgentStatus = {
  agent: 0,
  committed: "empty",
  active: "empty",
  pending: null,
  phase: "",
  remaining: 0,
  result: "",
  errors: "",
  warnings: "",
  wanted: "",
  owner: "",
  origins: "",
  boot: "",
};

/** One check of a verify report. */
export interface CheckResult {
  readonly status: (typeof STATUSES)[number];
  readonly kind: string;
  readonly phase: string;
  readonly construct: string;
  readonly because: string;
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

export interface VerifyResult {
  readonly host: string;
  readonly phase: string;
  readonly ok: boolean;
  readonly checks: readonly CheckResult[];
}

/** How far a change is; nothing when there is none. */
export const AGENT_PHASES = ["", "armed", "activating", "activated", "failed", "reverting"] as const;
const STATUSES = ["ok", "fail", "skip"] as const;

/** Name of a generation; what is longer is none of ours. */
const GENERATION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Characters of a field that people read. */
const TEXT = 4000;
/** Characters of an answer that are quoted in an error. */
const QUOTE = 60;

/** Reads the answer to `agent status`. Throws {@link ContractError}: hosts are not trusted to send what they should. */
export function statusIn(text: string): AgentStatus {
  const fields = new Fields(objectIn(text), "");
  const damaged = fields.has("damaged") ? { damaged: fields.text("damaged") } : {};
  const bootReport = fields.has("bootReport") ? { bootReport: fields.text("bootReport") } : {};
  return {
    agent: fields.number("agent"),
    committed: fields.generation("committed"),
    active: fields.generation("active"),
    pending: fields.value("pending") === null ? null : fields.generation("pending"),
    phase: fields.oneOf("phase", AGENT_PHASES),
    remaining: Math.min(LARGEST_WINDOW, fields.number("remaining")),
    result: fields.text("result"),
    errors: fields.text("errors"),
    warnings: fields.text("warnings"),
    wanted: fields.value("wanted") === "" ? "" : fields.generation("wanted"),
    owner: fields.text("owner"),
    origins: fields.addresses("origins"),
    boot: fields.text("boot"),
    ...damaged,
    ...bootReport,
  };
}

/** Reads a report of `agent probe --json`, or one that an earlier run wrote. Throws {@link ContractError}. */
export function reportIn(text: string): VerifyResult {
  const fields = new Fields(objectIn(text), "");
  const list = fields.value("checks");
  if (!Array.isArray(list)) throw fields.refused("checks", "a list");
  const report = {
    host: fields.text("host"),
    phase: fields.oneOf("phase", RUN_PHASES),
    ok: fields.boolean("ok"),
    checks: list.map((check, i) => checkIn(check, `checks[${i}]`)),
  };
  const failed = report.checks.filter(({ status }) => status === "fail").length;
  if (report.ok === (failed === 0)) return report;
  throw new ContractError(`"ok" is ${report.ok}, although ${failed} of ${report.checks.length} checks failed`);
}

function checkIn(value: unknown, path: string): CheckResult {
  if (!isObject(value)) throw new ContractError(`${path} is not an object: ${quoted(value)}`);
  const fields = new Fields(value, `${path}.`);
  return {
    status: fields.oneOf("status", STATUSES),
    kind: fields.text("kind"),
    phase: fields.oneOf("phase", RUN_PHASES),
    construct: fields.text("construct"),
    because: fields.text("because"),
    what: fields.text("what"),
    wanted: fields.text("wanted"),
    found: fields.text("found"),
  };
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ContractError(text.trim() === "" ? "it is empty" : `it is not JSON: ${quoted(text)}`);
  }
  if (isObject(value)) return value;
  throw new ContractError(`it is not an object: ${quoted(value)}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quoted(value: unknown): string {
  return value === undefined ? "nothing" : oneLine(typeof value === "string" ? value : JSON.stringify(value), QUOTE);
}

/** The fields of an object that came from a host, each read as one type and no other. */
class Fields {
  private readonly object: Readonly<Record<string, unknown>>;
  private readonly path: string;

  constructor(object: Readonly<Record<string, unknown>>, path: string) {
    this.object = object;
    this.path = path;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.object, name);
  }

  value(name: string): unknown {
    return this.has(name) ? this.object[name] : undefined;
  }

  refused(name: string, wanted: string): ContractError {
    return new ContractError(`"${this.path}${name}" is not ${wanted}: ${quoted(this.value(name))}`);
  }

  text(name: string): string {
    const value = this.value(name);
    if (typeof value !== "string") throw this.refused(name, "text");
    return oneLine(value, TEXT);
  }

  boolean(name: string): boolean {
    const value = this.value(name);
    if (typeof value !== "boolean") throw this.refused(name, "true or false");
    return value;
  }

  number(name: string): number {
    const value = this.value(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.refused(name, "a whole number from 0");
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const found = allowed.find((word) => word === this.value(name));
    if (found === undefined) throw this.refused(name, `one of ${allowed.map((word) => `"${word}"`).join(", ")}`);
    return found;
  }

  generation(name: string): string {
    const value = this.value(name);
    if (typeof value === "string" && GENERATION.test(value)) return value;
    throw this.refused(name, "the name of a generation");
  }

  /** A host is looked for at these. */
  addresses(name: string): string {
    const list = this.text(name)
      .split(",")
      .filter((address) => address !== "");
    if (list.some((address) => isIP(address) === 0)) throw this.refused(name, "a list of addresses");
    return list.join(",");
  }
}
