import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { INDEX, type IndexFile } from "../contract";
import { defineProblem, type ProblemKind, type ProblemText } from "../errors";
import { nearest } from "../nearest";
import type { OptionSpec } from "./command";

const NO_SUCH_HOST = defineProblem("NL-CLI-HOST", "A host that is named exists");
const NO_OUTPUT = defineProblem("NL-CLI-OUTPUT", "The stack was synthesized before");
const WHICH_STACK = defineProblem("NL-CLI-STACK", "A stack that is named exists, and it is clear which is meant");

/** Options of commands that read what was synthesized. */
export const PLACE: Readonly<Record<string, OptionSpec>> = {
  stack: { type: "string", value: "NAME", help: "only this stack; default: all that were synthesized" },
  output: {
    type: "string",
    value: "DIR",
    help: 'where synthesis wrote; default: "output" of cdktf.json, or cdktf.out',
  },
};

/** A synthesized stack on disk. */
export interface StackDirectory {
  readonly name: string;
  readonly directory: string;
  /** Hosts by name, in order. */
  readonly hosts: readonly string[];
}

/** Where synthesis writes: what is asked for, else what `cdktf.json` says, else `cdktf.out`. */
export function outputDirectory(cwd: string, given: string | undefined): string {
  if (given !== undefined) return resolve(cwd, given);
  const project = join(cwd, "cdktf.json");
  const output = existsSync(project) ? (JSON.parse(readFileSync(project, "utf8")) as { output?: unknown }).output : "";
  return resolve(cwd, typeof output === "string" && output !== "" ? output : "cdktf.out");
}

/** The stacks that Netloom wrote below an output directory, by name. */
function listStacks(root: string): readonly StackDirectory[] {
  const names = existsSync(root) ? readdirSync(root).sort() : [];
  return names.flatMap((name) => {
    const index = join(root, name, INDEX);
    if (!existsSync(index)) return [];
    // Of whatever schema: each stack has a runner of its own, which reads its index.
    const { hosts = {} } = JSON.parse(readFileSync(index, "utf8")) as Partial<IndexFile>;
    return [{ name, directory: join(root, name), hosts: Object.keys(hosts).sort() }];
  });
}

/** The stacks that Netloom wrote below an output directory, by name. Throws when there is none. */
export function readStacks(cwd: string, output: string): readonly StackDirectory[] {
  const root = join(output, "stacks");
  const stacks = listStacks(root);
  if (stacks.length > 0) return stacks;
  throw NO_OUTPUT({
    what: "no synthesized stack is here",
    value: relative(cwd, root) || ".",
    allowed: "a project directory after synthesis",
    remedy: "cdktf synth, then this command in the same directory; or --output DIR",
  });
}

/** Rules that the stacks on disk brought along, or the stack of a name; none where nothing was synthesized yet. */
export function rulesOfStacks(cwd: string, output: string, name: string | undefined): readonly ProblemText[] {
  const stacks =
    name === undefined ? listStacks(join(output, "stacks")) : chooseStacks(readStacks(cwd, output), name, []);
  const rules = stacks.flatMap(({ directory }) => {
    const file = join(directory, "rules.json");
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as readonly ProblemText[]) : [];
  });
  return [...new Map(rules.map((rule) => [rule.id, rule])).values()];
}

/** The stacks that are meant: the named one, else those that have the hosts, else all. */
export function chooseStacks(
  stacks: readonly StackDirectory[],
  name: string | undefined,
  hosts: readonly string[],
): readonly StackDirectory[] {
  const named = name === undefined ? stacks : stacks.filter((stack) => stack.name === name);
  if (named.length === 0)
    unknown(
      WHICH_STACK,
      "stack",
      name!,
      stacks.map((stack) => stack.name),
    );
  const known = new Set(named.flatMap((stack) => stack.hosts));
  for (const host of hosts) if (!known.has(host)) unknown(NO_SUCH_HOST, "host", host, [...known]);
  return hosts.length === 0 ? named : named.filter((stack) => hosts.some((host) => stack.hosts.includes(host)));
}

/** The one stack that has the host. */
export function stackOf(stacks: readonly StackDirectory[], name: string | undefined, host: string): StackDirectory {
  const found = chooseStacks(stacks, name, [host]);
  if (found.length === 1) return found[0]!;
  throw WHICH_STACK({
    what: `several stacks have a host ${host}`,
    allowed: found.map((stack) => stack.name).join(", "),
    remedy: `--stack ${found[0]!.name}`,
  });
}

function unknown(problem: ProblemKind, what: string, value: string, known: readonly string[]): never {
  const near = nearest(value, known);
  throw problem({
    what: `there is no such ${what} in the output`,
    value,
    allowed: [...known].sort().join(", ") || `no ${what} at all`,
    remedy: near.length > 0 ? near.join(" or ") : undefined,
  });
}
