import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What one process used for the part of its work that is measured. */
export interface Sample {
  /** Milliseconds on the clock. */
  readonly wall: number;
  /** Milliseconds of processor time of the main thread, user and system: the clock of a machine with nothing else to do. */
  readonly cpu: number;
  /** Largest resident set of the process, in bytes. */
  readonly peak: number;
  /** Bytes written, where the scenario writes. */
  readonly bytes: number;
  /** Files written. */
  readonly files: number;
}

/** Runs `work` and says what it took. `bytes` and `files` are counted below `output` afterwards, outside of the time. */
export function measured(work: () => void, output?: string): Sample {
  const wall = performance.now();
  const cpu = processorTime();
  work();
  const sample = { cpu: processorTime() - cpu, wall: performance.now() - wall };
  const peak = process.resourceUsage().maxRSS * 1024;
  return { ...sample, peak, ...(output === undefined ? { bytes: 0, files: 0 } : sizeOf(output)) };
}

/** Linux tells it per thread; elsewhere the helper threads of the compiler and the collector count as well. */
function processorTime(): number {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "latin1").split(" ")[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

export function sizeOf(
  directory: string,
  counts: (path: string) => boolean = () => true,
): { readonly bytes: number; readonly files: number } {
  const paths = filesBelow(directory).filter(counts);
  return { files: paths.length, bytes: paths.reduce((sum, path) => sum + statSync(path).size, 0) };
}

export function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Each field's own median. */
export function medianSample(samples: readonly Sample[]): Sample {
  const of = (field: keyof Sample) => median(samples.map((sample) => sample[field]));
  return { wall: of("wall"), cpu: of("cpu"), peak: of("peak"), bytes: of("bytes"), files: of("files") };
}

/** The exponent `e` for which cost grows as size to the power of `e` between two runs. */
export function exponent(small: readonly [size: number, cost: number], large: readonly [size: number, cost: number]) {
  return Math.log(large[1] / small[1]) / Math.log(large[0] / small[0]);
}
