import { failureOf, type HostFailure } from "./failure";
import { Ticker } from "./progress";

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
  const ticker = new Ticker(step, hosts.length);
  await inParallel(hosts, async (host) => {
    try {
      results.set(host.name, await work(host));
    } catch (error) {
      failures.push(failureOf(host.name, step, error));
    }
    ticker.done();
  });
  failures.sort((a, b) => (a.host < b.host ? -1 : 1));
  return { results, failures };
}
