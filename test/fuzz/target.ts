import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Host, HostFeature, type HostProps, type HostSettings } from "../../lib";
import { DeployError } from "../../lib/deploy/failure";
import { NetloomError } from "../../lib/errors";
import { type SynthResult, synthToFiles } from "../../lib/testing";
import { macOf } from "../support/lab";

/** One kind of text that Netloom writes, and the program that reads it on real machines. */
export interface Target<I, O = unknown> {
  readonly name: string;
  /** Programs that have to be there, by the names of `test/support/tools.json`. */
  readonly tools: readonly string[];
  readonly needsRoot?: boolean;
  readonly input: fc.Arbitrary<I>;
  /** What Netloom writes for an input; undefined when it refuses the input. */
  write(input: I): O | undefined;
  /** Lets the real reader read what was written for many inputs, and returns what is wrong with each; undefined = nothing. */
  read(
    written: readonly { readonly input: I; readonly output: O }[],
    directory: string,
  ): readonly (string | undefined)[];
  /** How many are read at once. */
  readonly batch: number;
}

export interface Tally {
  readonly tried: number;
  readonly accepted: number;
  /** Inputs that the reader understood otherwise than they were meant, or not at all, with its words. */
  readonly wrong: readonly { readonly input: unknown; readonly said: string }[];
}

// cdktf makes a directory for each stack, which on a disk takes longer than everything else here.
if (existsSync("/dev/shm")) process.env["TMPDIR"] = "/dev/shm";

/** Reads accepted inputs until there are `count` of them. The same seed tries the same inputs. */
export function fuzz<I, O>(target: Target<I, O>, count: number, seed: number): Tally {
  const wrong: { input: unknown; said: string }[] = [];
  let tried = 0;
  let accepted = 0;
  for (let round = 0; accepted < count; round++) {
    const written: { input: I; output: O }[] = [];
    const most = Math.min(target.batch, count - accepted);
    for (const input of fc.sample(target.input, { seed: seed + round, numRuns: target.batch })) {
      if (written.length === most) break;
      tried++;
      const output = target.write(input);
      if (output !== undefined) written.push({ input, output });
    }
    // A kind of input that is never accepted would be read without a fault for ever.
    if (written.length === 0 && accepted === 0 && round >= 20) throw new Error(`${target.name}: nothing is accepted`);
    const said = inScratch((directory) => target.read(written, directory));
    if (said.length !== written.length)
      throw new Error(`${target.name}: ${said.length} answers for ${written.length} inputs`);
    said.forEach((text, i) => {
      if (text !== undefined) wrong.push({ input: written[i]!.input, said: text });
    });
    accepted += written.length;
  }
  return { tried, accepted, wrong };
}

/**
 * Whether the reader of a target would notice: every output is read as that of another input, and something must be
 * wrong then.
 */
export function notices<I, O>(target: Target<I, O>, count: number, seed: number): boolean {
  const written = fc.sample(target.input, { seed, numRuns: count }).flatMap((input) => {
    const output = target.write(input);
    return output === undefined ? [] : [{ input, output }];
  });
  const swapped = written.map(({ input }, i) => ({ input, output: written[(i + 1) % written.length]!.output }));
  return inScratch((directory) => target.read(swapped, directory)).some((said) => said !== undefined);
}

function inScratch<T>(use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "netloom-fuzz-"));
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** `make`, or undefined for what Netloom refuses. */
export function accepted<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof NetloomError || error instanceof DeployError) return undefined;
    throw error;
  }
}

const NODE: HostProps = { interfaces: [{ id: "exp0", mac: macOf(1), addresses: ["10.10.1.1/24", "fd00:10::1/64"] }] };

class Saying extends HostFeature {
  say: (settings: HostSettings) => void = () => {};
  contribute(settings: HostSettings): void {
    this.say(settings);
  }
}

/** The files of a stack with one host, or undefined when Netloom refuses it. */
export function filesOf(
  say: (settings: HostSettings) => void,
  props: HostProps = NODE,
): SynthResult["files"] | undefined {
  const result = synthToFiles((stack) => {
    new Saying(new Host(stack, "n", { ...NODE, ...props }), "Said").say = say;
  });
  return result.errors.length > 0 ? undefined : result.files;
}
