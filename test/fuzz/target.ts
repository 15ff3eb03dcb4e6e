import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { DeployError } from "../../lib/deploy/failure";
import { NetloomError } from "../../lib/errors";

/** One kind of text that Netloom writes, and the program that reads it on real machines. */
export interface Target<I, O = unknown> {
  readonly name: string;
  /** Programs that have to be there, by the names of `test/support/tools.json`. */
  readonly tools: readonly string[];
  readonly needsRoot?: boolean;
  readonly input: fc.Arbitrary<I>;
  /** What Netloom writes for each input; undefined when it refuses the input. */
  write(inputs: readonly I[]): readonly (O | undefined)[];
  /** Lets the real reader read what was written for many inputs, and returns what is wrong with each; undefined = nothing. */
  read(
    written: readonly { readonly input: I; readonly output: O }[],
    directory: string,
  ): readonly (string | undefined)[];
  /** An output that the reader has to find wrong. @default - the output of another input */
  spoil?(output: O): O;
  /** How many are read at once. */
  readonly batch: number;
  /** How much of the count is tried, where one input takes far longer than elsewhere. @default 1 */
  readonly share?: number;
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
export function fuzz<I, O>(target: Target<I, O>, fullCount: number, seed: number): Tally {
  const count = Math.ceil(fullCount * (target.share ?? 1));
  const wrong: { input: unknown; said: string }[] = [];
  let tried = 0;
  let accepted = 0;
  for (let round = 0; accepted < count; round++) {
    const inputs = fc.sample(target.input, { seed: seed + round, numRuns: target.batch });
    const all = writtenOf(target, inputs);
    const written = all.slice(0, count - accepted);
    tried += written.length < all.length ? inputs.indexOf(written.at(-1)!.input) + 1 : inputs.length;
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

/** Whether the reader of a target would notice: all outputs are wrong, and it must find that something is. */
export function notices<I, O>(target: Target<I, O>, count: number, seed: number): boolean {
  const written = writtenOf(target, fc.sample(target.input, { seed, numRuns: 2 * count }));
  // Outputs of inputs that are not read with them, since some readers get all outputs as one file.
  const half = written.length >> 1;
  const spoilt = written.slice(0, half).map(({ input, output }, i) => ({
    input,
    output: target.spoil?.(output) ?? written[half + i]!.output,
  }));
  const said = inScratch((directory) => target.read(spoilt, directory));
  return said.some((text) => text !== undefined);
}

function writtenOf<I, O>(target: Target<I, O>, inputs: readonly I[]): { readonly input: I; readonly output: O }[] {
  const outputs = target.write(inputs);
  return inputs.flatMap((input, i) => {
    const output = outputs[i];
    return output === undefined ? [] : [{ input, output }];
  });
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

/** `write` of a target whose inputs have nothing to do with each other. */
export function each<I, O>(write: (input: I) => O | undefined): Target<I, O>["write"] {
  return (inputs) => inputs.map((input) => write(input));
}
