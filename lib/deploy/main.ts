import { ContractError, RUN_PHASES, type RunPhase } from "../contract";
import { commitCommand } from "./commit";
import { onceFor } from "./committed";
import { DeployError, StepError } from "./failure";
import { readIndex, type StackIndex } from "./index-file";
import { repairCommand, revertCommand, statusCommand, verifyCommand } from "./inspect";
import { ANYBODY, stageCommand } from "./stage";
import { departCommand, withdrawCommand } from "./withdraw";

const USAGE = `usage: node deploy.cjs <command>      (in cdktf.out/stacks/<stack>)
  commit WAVE                 stage, arm, activate, prove and confirm all hosts of a wave, or none
  stage HOST                  bring a generation to a host ahead of time; nothing live changes
  verify [--phase local|pair|all|benchmark] [HOST…]
  status [HOST…]              what each host runs, and whether it is as that says
  repair [HOST…]              commit the waves of these hosts again: hosts that drifted become as the stack says
  revert [HOST…]              take back what is not confirmed, now
  withdraw [HOST…]            take everything back: hosts become what they were before netloom
  withdraw --departed         the same for the hosts of Terraform's roster that the stack does not have any more
Terraform says in NETLOOM_OWNER who owns the hosts; without it, commands act for whoever does.
Exit status: 0 done, and every host is as it should be; 1 not.
NETLOOM_PROGRESS=1 or 0 shows or hides what goes on; the default is to show it where somebody watches.`;

async function main(args: readonly string[]): Promise<void> {
  const [command, ...rest] = args;
  const index = () => readIndex(process.cwd());
  const owner = process.env["NETLOOM_OWNER"] ?? ANYBODY;
  switch (command) {
    case "stage":
      return stageCommand(index(), required(rest[0]), owner);
    case "commit":
      return commitOnce(index(), required(rest[0]), owner);
    case "verify":
      return verifyCommand(index(), names(rest, "--phase"), phase(option(rest, "--phase")));
    case "status":
      return statusCommand(index(), names(rest));
    case "repair":
      return repairCommand(index(), names(rest), owner);
    case "revert":
      return revertCommand(index(), names(rest));
    case "withdraw":
      if (rest.includes("--departed")) return departCommand(index(), process.env, owner);
      return withdrawCommand(index(), names(rest), owner);
    case "help":
    case "--help":
      return console.log(USAGE);
    default:
      throw new DeployError(USAGE);
  }
}

function commitOnce(index: StackIndex, wave: string, owner: string): Promise<void> {
  return onceFor(index, wave, process.env["NETLOOM_COMMIT"], () => commitCommand(index, wave, owner));
}

function required(word: string | undefined): string {
  if (word === undefined || word.startsWith("-")) throw new DeployError(USAGE);
  return word;
}

function option(words: readonly string[], name: string): string | undefined {
  const at = words.indexOf(name);
  return at === -1 ? undefined : (words[at + 1] ?? "");
}

/** Hosts; none stands for all, so that a misspelt option must not be taken for none. */
function names(words: readonly string[], withValue?: string): string[] {
  const hosts = words.filter(
    (word, i) => word !== withValue && (withValue === undefined || words[i - 1] !== withValue),
  );
  if (hosts.some((word) => word.startsWith("-"))) throw new DeployError(USAGE);
  return hosts;
}

function phase(word = "all"): RunPhase {
  const known = RUN_PHASES.find((one) => one === word);
  if (known === undefined) throw new DeployError(USAGE);
  return known;
}

/** What went wrong with a host or an input is told in its own words; anything else is a fault of ours and shows where. */
function explain(error: unknown): string {
  if (error instanceof DeployError || error instanceof ContractError) return error.message;
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
