import { spawnSync } from "node:child_process";
import { relative } from "node:path";
import type { Command, OptionSpec, Terminal, Words } from "../command";
import { chooseStacks, outputDirectory, readStacks } from "../stacks";

const PLACE: Readonly<Record<string, OptionSpec>> = {
  stack: { type: "string", value: "NAME", help: "only this stack; default: all that were synthesized" },
  output: {
    type: "string",
    value: "DIR",
    help: 'where synthesis wrote; default: "output" of cdktf.json, or cdktf.out',
  },
};

export const verifyCommand: Command = {
  name: "verify",
  summary: "read every setting back from the hosts and compare",
  words: "[host…]",
  count: [0, Number.POSITIVE_INFINITY],
  details: `Runs the checks of the synthesized stacks on their hosts: what was wanted, what was found, which construct
wanted it and why. Changes nothing. Writes report/<host>.json and report/fleet.txt into the stack's folder.
Exit status 1 when a check is not ok or a host does not answer.`,
  options: {
    ...PLACE,
    phase: { type: "string", value: "PHASE", help: "local, pair, all or benchmark; default: all (local and pair)" },
  },
  run: (words, terminal) =>
    run("verify", words, terminal, words.text["phase"] === undefined ? [] : ["--phase", words.text["phase"]]),
};

export const statusCommand: Command = {
  name: "status",
  summary: "say which generation each host runs",
  words: "[host…]",
  count: [0, Number.POSITIVE_INFINITY],
  details: `Asks every host which generation is committed, whether a window for confirmation is open, and how the last
change ended. Changes nothing.`,
  options: PLACE,
  run: (words, terminal) => run("status", words, terminal, []),
};

/** The runner lies in each stack's folder, so that it is the one which deployed the stack. */
function run(verb: string, words: Words, terminal: Terminal, options: readonly string[]): number {
  const stacks = readStacks(terminal.cwd, outputDirectory(terminal.cwd, words.text["output"]));
  let worst = 0;
  for (const stack of chooseStacks(stacks, words.text["stack"], words.positionals)) {
    const hosts = words.positionals.filter((host) => stack.hosts.includes(host));
    terminal.err(terminal.style.faint(`${relative(terminal.cwd, stack.directory)}: node deploy.cjs ${verb}\n`));
    const done = spawnSync(process.execPath, ["deploy.cjs", verb, ...options, ...hosts], {
      cwd: stack.directory,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: Number.POSITIVE_INFINITY,
    });
    terminal.out(done.stdout);
    terminal.err(done.stderr);
    worst = Math.max(worst, done.status ?? 1);
  }
  return worst;
}
