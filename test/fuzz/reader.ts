import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TOOL_PATH } from "../support/installed";

const BIG = 1 << 30;

/** Stands between answers; no input holds it. */
export const END = "=end-of-one-answer=";

/** Runs a program; its answer is text. */
export function ask(program: string, args: readonly string[], input = "", env: NodeJS.ProcessEnv = {}): string {
  const ran = spawnSync(program, [...args], {
    input,
    encoding: "utf8",
    maxBuffer: BIG,
    env: { ...process.env, PATH: TOOL_PATH, ...env },
  });
  if (ran.error !== undefined) throw ran.error;
  return `${ran.stdout}${ran.stderr}`;
}

/** Runs a shell script in network and mount namespaces of its own; its first argument is `directory`. */
export function askApart(script: string, directory: string): string {
  return ask("unshare", ["--net", "--mount", "sh", "-c", script, "sh", directory]);
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

/**
 * Reads in rounds in which no two inputs share a key: what has names of its own in the reader (tables, devices, modules)
 * can be read at once only when the names differ.
 */
export function inRounds<W>(
  written: readonly W[],
  keysOf: (one: W) => readonly string[],
  read: (round: readonly W[]) => readonly (string | undefined)[],
): readonly (string | undefined)[] {
  const said: (string | undefined)[] = written.map(() => "was not read");
  let left = written.map((_, i) => i);
  while (left.length > 0) {
    const taken = new Set<string>();
    const later: number[] = [];
    const now: number[] = [];
    for (const i of left) {
      const keys = keysOf(written[i]!);
      (keys.some((key) => taken.has(key)) ? later : now).push(i);
      for (const key of keys) taken.add(key);
    }
    const answers = read(now.map((i) => written[i]!));
    if (answers.length !== now.length) throw new Error(`${answers.length} answers for ${now.length} inputs`);
    now.forEach((place, i) => {
      said[place] = answers[i];
    });
    left = later;
  }
  return said;
}
