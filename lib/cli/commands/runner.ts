import { spawnSync } from "node:child_process";
import { relative } from "node:path";
import type { Command, Terminal, Words } from "../command";
import { chooseStacks, outputDirectory, PLACE, readStacks } from "../stacks";

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
  summary: "say what each host runs, and whether it is as that says",
  words: "[host…]",
  count: [0, Number.POSITIVE_INFINITY],
  details: `Asks every host which generation is committed, runs its local checks, and compares it with the last synthesis:
up to date, drifted (with the checks that are not ok), damaged, behind (a deploy is pending), or nothing deployed; also
whether a change is open, how the last one ended, and what the checks said after the last boot. Changes nothing.
Exit status 1 when a host is anything but up to date, or does not answer.`,
  options: PLACE,
  run: (words, terminal) => run("status", words, terminal, []),
};

export const repairCommand: Command = {
  name: "repair",
  summary: "bring hosts that drifted back to what the stack says",
  words: "[host…]",
  count: [0, Number.POSITIVE_INFINITY],
  details: `Deploys the waves of these hosts (default: all) as they were synthesized last, without Terraform: hosts whose
checks are not ok, whose files are damaged, or that missed a deploy are staged, activated and confirmed under the same guard
as in a deploy. Hosts that are as they should be are left alone.
Exit status 1 when a host cannot be repaired; it is reverted to how it was found then.`,
  options: PLACE,
  run: (words, terminal) => run("repair", words, terminal, []),
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
