import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { Host, type HostProps } from "../../lib";
import { synthToFiles, type SynthResult } from "../../lib/testing";
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
    const directory = mkdtempSync(join(tmpdir(), "netloom-fuzz-"));
    try {
      const said = target.read(written, directory);
      if (said.length !== written.length)
        throw new Error(`${target.name}: ${said.length} answers for ${written.length} inputs`);
      said.forEach((text, i) => {
        if (text !== undefined) wrong.push({ input: written[i]!.input, said: text });
      });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    accepted += written.length;
  }
  return { tried, accepted, wrong };
}

const NODE: HostProps = { interfaces: [{ id: "exp0", mac: macOf(1), addresses: ["10.10.1.1/24", "fd00:10::1/64"] }] };

/** The files of a stack with one host, or undefined when Netloom refuses it. */
export function filesOf(build: (host: Host) => void, props: HostProps = NODE): SynthResult["files"] | undefined {
  const result = synthToFiles((stack) => build(new Host(stack, "n", { ...NODE, ...props })));
  return result.errors.length > 0 ? undefined : result.files;
}

export function put(directory: string, path: string, content: string): string {
  const place = join(directory, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, content);
  return place;
}

/** What is wrong, if the two are not the same. */
export function differs(found: unknown, wanted: unknown): string | undefined {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  return a === b ? undefined : `read ${a}, meant ${b}`;
}
