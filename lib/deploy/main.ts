import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { commitCommand } from "./commit";
import { DeployError, StepError } from "./failure";
import { readIndex } from "./index-file";
import { revertCommand, statusCommand, verifyCommand } from "./inspect";
import { stageCommand } from "./stage";
import { type Withdrawal, withdrawalFrom, withdrawCommand } from "./withdraw";

const USAGE = `usage: node deploy.cjs <command>      (in cdktf.out/stacks/<stack>)
  stage HOST [--owner ID]     bring a generation to a host; nothing live changes (NETLOOM_OWNER)
  commit WAVE                 arm, activate, prove and confirm all hosts of a wave, or none
  verify [--phase local|pair|all|benchmark] [HOST…]
  status [HOST…]
  revert [HOST…]              take back what is not confirmed, now
  withdraw                    take back a generation (NETLOOM_HOST, _TARGET, _DIGEST, _OWNER, _WINDOW)`;

async function main(args: readonly string[]): Promise<void> {
  const [command, ...rest] = args;
  const directory = process.cwd();
  switch (command) {
    case "stage":
      return stageCommand(
        readIndex(directory),
        required(rest[0]),
        option(rest, "--owner") ?? process.env["NETLOOM_OWNER"] ?? "-",
      );
    case "commit":
      return commitCommand(readIndex(directory), required(rest[0]));
    case "verify":
      return verifyCommand(readIndex(directory), names(rest), phase(option(rest, "--phase")));
    case "status":
      return statusCommand(readIndex(directory), rest);
    case "revert":
      return revertCommand(readIndex(directory), rest);
    case "withdraw":
      return withdrawCommand(withdrawal(directory));
    default:
      throw new DeployError(USAGE);
  }
}

function required(word: string | undefined): string {
  if (word === undefined || word.startsWith("-")) throw new DeployError(USAGE);
  return word;
}

function option(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(name);
  return at === -1 ? undefined : words[at + 1];
}

function names(words: readonly string[]): string[] {
  return words.filter((word, i) => !word.startsWith("--") && words[i - 1] !== "--phase");
}

function phase(word = "all"): "local" | "pair" | "all" | "benchmark" {
  if (word === "local" || word === "pair" || word === "all" || word === "benchmark") return word;
  throw new DeployError(USAGE);
}

/** At destroy the index may be gone; what it would say is what the environment or the usual layout says. */
function withdrawal(directory: string): Withdrawal {
  const index = existsSync(join(directory, "netloom.json")) ? readIndex(directory) : undefined;
  const given = process.env["NETLOOM_PROJECT"] ?? "";
  const project = given !== "" ? resolve(directory, given) : (index?.project ?? resolve(directory, "../../.."));
  return withdrawalFrom(process.env, project, (host) => index?.hosts.get(host)?.target);
}

/** What went wrong with a host or an input is told in its own words; anything else is a fault of ours and shows where. */
function explain(error: unknown): string {
  if (error instanceof DeployError) return error.message;
  if (error instanceof StepError) return `${error.failure.step} failed\n${error.message}`;
  return (error as Error)?.stack ?? String(error);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`netloom: ${explain(error)}\n`);
    process.exit(1);
  },
);
