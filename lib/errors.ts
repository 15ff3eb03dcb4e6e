/**
 * One thing that is wrong, told so that the reader can fix it without reading our sources:
 * where it is, what was given, what would be accepted, and how to fix it.
 */
export interface Problem {
  /** Stable identifier, e.g. `NL-MTU-RANGE`. Rules use their rule id. */
  readonly code: string;
  /** One sentence: what is wrong and why it hurts. */
  readonly what: string;
  /** Construct path (`lab/node-0/bbr`) of the construct that is at fault. @default - not tied to a construct */
  readonly path?: string;
  /** Further construct paths that take part, e.g. the other side of a conflict. @default - none */
  readonly others?: readonly string[];
  /** The value as it was given. @default - there is no single value */
  readonly value?: unknown;
  /** What would have been accepted, in words. @default - not a question of a range */
  readonly allowed?: string;
  /** How to fix it. @default - no single remedy */
  readonly remedy?: string;
}

/** The one exception that Netloom throws for bad input. It may carry many problems, so that all are reported at once. */
export class NetloomError extends Error {
  /** All that is wrong, in the order in which it was found; the message has them one below the other. */
  readonly problems: readonly Problem[];

  constructor(problems: Problem | readonly Problem[]) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map(formatProblem).join("\n"));
    this.name = "NetloomError";
    this.problems = list;
  }
}

/** `error` stops the synthesis, `warning` and `info` become annotations. */
export type Severity = "error" | "warning" | "info";

/** What is known of a problem before it occurs: what `netloom rules` and the documentation show. */
export interface ProblemText {
  /** Stable identifier, e.g. `NL-011`. */
  readonly id: string;
  /** How bad it is. */
  readonly severity: Severity;
  /** One sentence that holds where all is well. */
  readonly title: string;
  /** Why breaking it hurts. @default - the message says it */
  readonly why?: string;
  /** Where the claim comes from. @default - general knowledge of the field */
  readonly source?: string;
  /** How to fix it. @default - the message says it */
  readonly remedy?: string;
  /** npm package that a rule comes with, for `netloom rules`. @default - the app's own, or Netloom's */
  readonly package?: string;
}

/** A declared problem: `throw PROBLEM({ what, value, allowed })`. */
export type ProblemKind = ProblemText & ((facts: Omit<Problem, "code">) => NetloomError);
type More = Pick<ProblemText, "why" | "source" | "remedy">;

const declared = { thrown: new Map<string, ProblemText>(), reported: new Map<string, ProblemText>() };

/**
 * Declares what constructors and value classes throw, beside the code that does. No id is thrown and acknowledged: what can
 * be acknowledged is found by a rule, or declared with {@link defineReport}.
 */
export function defineProblem(id: string, title: string, more: More = {}): ProblemKind {
  const make = (facts: Omit<Problem, "code">) => new NetloomError({ code: id, ...facts });
  return declare("thrown", Object.assign(make, { id, severity: "error" as const, title, ...more }));
}

/** Declares what a construct reports to its stack, without throwing it. */
export function defineReport(id: string, title: string, more: More = {}): ProblemText {
  return declare("reported", { id, severity: "error", title, ...more });
}

function declare<T extends ProblemText>(how: keyof typeof declared, text: T): T {
  if (declared.thrown.has(text.id) || declared.reported.has(text.id))
    throw new RangeError(`${text.id} is declared twice`);
  declared[how].set(text.id, text);
  return text;
}

/** Refuses an id that constructors throw: users could not accept what is found under it. */
export function assertAcceptable(id: string): void {
  if (declared.thrown.has(id))
    throw new RangeError(`${id} is thrown by constructors, so nothing under it can be accepted`);
}

/** What the files that are loaded have declared, by id. */
export function declaredProblems(how: keyof typeof declared): readonly ProblemText[] {
  return [...declared[how].values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Runs `build` and gives every problem it throws a construct path, so that value classes,
 * which know nothing of constructs, still yield errors that name the construct.
 */
export function at<T>(path: string, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof NetloomError)) throw error;
    throw new NetloomError(error.problems.map((problem) => ({ path, ...problem })));
  }
}

/** A bug in a construct, told with the path of the construct: a stack trace alone does not say which of a hundred hosts it was. */
export function located(path: string, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`[${path}] ${message}`, { cause: error });
}

/** Runs all the given checks and throws every problem they find as one error. */
export function failAll(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new NetloomError(problems);
}

/** A problem as text: one line that says what, then one indented line for each fact that is known. */
export function formatProblem(problem: Problem): string {
  const lines = [`${problem.code}: ${problem.what}`];
  const paths = [problem.path ?? "", ...(problem.others ?? [])].filter((path) => path !== "");
  if (paths.length > 0) lines.push(`  at:      ${paths.join(" and ")}`);
  if (problem.value !== undefined) lines.push(`  value:   ${show(problem.value)}`);
  if (problem.allowed !== undefined) lines.push(`  allowed: ${problem.allowed}`);
  if (problem.remedy !== undefined) lines.push(`  fix:     ${problem.remedy}`);
  return lines.join("\n");
}

const LONGEST_SHOWN_VALUE = 200;

function show(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : typeof value === "bigint"
        ? `${value}`
        : (safeJson(value) ?? String(value));
  return text.length > LONGEST_SHOWN_VALUE ? `${text.slice(0, LONGEST_SHOWN_VALUE)}…` : text;
}

function safeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
