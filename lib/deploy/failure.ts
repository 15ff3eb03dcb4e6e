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
  if (failure.remedy !== undefined) lines.push(`    do: ${failure.remedy}`);
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

/** As many ssh processes at once as one machine carries without trouble. */
const CONCURRENCY = 32;

/** Runs `work` for every item with bounded concurrency, in order of start; results keep the order of `items`. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, items.length) }, worker));
  return results;
}

/** What `eachHost` found: results by host, and a failure for each host that threw. */
export interface Outcome<R> {
  readonly results: ReadonlyMap<string, R>;
  readonly failures: readonly HostFailure[];
}

/** Runs one step on all hosts and waits for all of them, whatever single hosts do. */
export async function eachHost<H extends { readonly name: string }, R>(
  hosts: readonly H[],
  step: string,
  work: (host: H) => Promise<R>,
): Promise<Outcome<R>> {
  const results = new Map<string, R>();
  const failures: HostFailure[] = [];
  await inParallel(hosts, async (host) => {
    try {
      results.set(host.name, await work(host));
    } catch (error) {
      failures.push(failureOf(host.name, step, error));
    }
  });
  failures.sort((a, b) => (a.host < b.host ? -1 : 1));
  return { results, failures };
}
