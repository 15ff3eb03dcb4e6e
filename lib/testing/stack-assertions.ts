import { formatProblem } from "../errors";
import type { Finding } from "../rules";
import { type Judgement, matches, nearLines, settle } from "./assertion";
import type { SynthResult } from "./synth";

/**
 * Assertions about a stack as a whole.
 *
 * @example expectStack(synthToFiles(stack)).toHaveNoErrors();
 */
export function expectStack(result: SynthResult): StackAssertions {
  return new StackAssertions(result, false);
}

/** What else must hold for a finding. */
export interface FindingMatch {
  /** Construct path that it names. @default - any */
  readonly path?: string;
  /** Text that its message holds, or an expression that it matches. @default - any */
  readonly message?: string | RegExp;
  /** How bad it is. @default - any */
  readonly severity?: Finding["severity"];
  /** Whether somebody accepts it. @default - either */
  readonly acknowledged?: boolean;
}

/** What can be asserted about a stack. Every assertion throws an `AssertionError` of `node:assert`. */
export class StackAssertions {
  private readonly result: SynthResult;
  private readonly negated: boolean;

  /** @internal use {@link expectStack} */
  constructor(result: SynthResult, negated: boolean) {
    this.result = result;
    this.negated = negated;
  }

  /** The same assertions, negated. */
  get not(): StackAssertions {
    return new StackAssertions(this.result, !this.negated);
  }

  /** Nothing stops the synthesis. */
  toHaveNoErrors(): void {
    const { errors } = this.result;
    this.settle(this.toHaveNoErrors, {
      pass: errors.length === 0,
      claim: "has no errors",
      found: errors.length === 0 ? "no errors" : `\n${errors.join("\n")}`,
    });
  }

  /** An error holds this text or matches this expression. */
  toHaveError(message: string | RegExp): void {
    const { errors } = this.result;
    this.settle(this.toHaveError, {
      pass: errors.some((error) => matches(error, message)),
      claim: "has an error",
      wanted: message,
      found: errors.length === 0 ? undefined : `\n${errors.join("\n")}`,
    });
  }

  /** A rule, or a construct itself, found something: by its id, e.g. `NL-011`. */
  toHaveFinding(id: string, match: FindingMatch = {}): void {
    const { findings } = this.result;
    const own = findings.filter((finding) => finding.code === id);
    const hit = own.find((finding) => fits(finding, match));
    this.settle(this.toHaveFinding, {
      pass: hit !== undefined,
      claim: `has a finding ${id}`,
      wanted: Object.keys(match).length === 0 ? undefined : show(match),
      found: own.length === 0 ? undefined : `\n${own.map(formatProblem).join("\n")}`,
      near:
        own.length > 0
          ? []
          : nearLines(
              id,
              findings,
              (f) => f.code,
              (f) => `${f.code} at ${f.path}: ${f.what}`,
            ),
    });
  }

  /** A file is written, by its path below the stack's folder; its text holds `content` or matches it. */
  toHaveFile(path: string, content?: string | RegExp): void {
    const { files } = this.result;
    const found = files.get(path);
    this.settle(this.toHaveFile, {
      pass: found !== undefined && (content === undefined || matches(found, content)),
      claim: `writes ${path}${content === undefined ? "" : " with this text"}`,
      wanted: content,
      found,
      near: found === undefined ? nearLines(path, [...files.keys()], String, String) : [],
    });
  }

  private settle(caller: (...args: never[]) => void, judgement: Judgement): void {
    settle("the stack", judgement, this.negated, caller);
  }
}

function fits(finding: Finding, match: FindingMatch): boolean {
  return (
    (match.path === undefined || [finding.path, ...(finding.others ?? [])].includes(match.path)) &&
    (match.message === undefined || matches(formatProblem(finding), match.message)) &&
    (match.severity === undefined || finding.severity === match.severity) &&
    (match.acknowledged === undefined || (finding.acknowledged !== undefined) === match.acknowledged)
  );
}

function show(match: FindingMatch): string {
  return Object.entries(match)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}
