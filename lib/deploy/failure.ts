/** Why a step failed on one host, told so that the operator can act without reading our sources. */
export interface HostFailure {
  readonly host: string;
  /** What was being done, e.g. `arm`. */
  readonly step: string;
  /** What the host or ssh said. */
  readonly said: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Everything that went wrong in one run; never just the first. */
export class DeployError extends Error {
  readonly failures: readonly HostFailure[];

  constructor(headline: string, failures: readonly HostFailure[] = []) {
    super([headline, ...failures.map(formatFailure)].join("\n"));
    this.name = "DeployError";
    this.failures = failures;
  }
}

export function formatFailure(failure: HostFailure): string {
  const said = failure.said.trim().split("\n").join("\n    ");
  const lines = [`  ${failure.host}: ${failure.step}: ${said === "" ? "no answer" : said}`];
  if (failure.remedy !== undefined) lines.push(`    fix: ${failure.remedy}`);
  return lines.join("\n");
}

/** The step that failed on `host`, thrown inside the work on one host and gathered by {@link eachHost}. */
export class StepError extends Error {
  readonly failure: HostFailure;

  constructor(failure: HostFailure) {
    super(formatFailure(failure));
    this.name = "StepError";
    this.failure = failure;
  }
}

export function failureOf(host: string, step: string, error: unknown): HostFailure {
  if (error instanceof StepError) return error.failure;
  return { host, step, said: error instanceof Error ? error.message : String(error) };
}
