import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PortalClient, TOKEN_VARIABLE } from "./client";
import { applyPlan, extendIfNeeded, type Surroundings, terminate, writeManifests } from "./life-cycle";
import type { PortalPlan } from "./types";

const COMMANDS = ["apply", "manifest", "extend", "terminate", "status"] as const;
type Command = (typeof COMMANDS)[number];

const USAGE = `usage: node portal.cjs ${COMMANDS.join("|")} PLAN.portal.json
The API token is read from ${TOKEN_VARIABLE} and from nowhere else.`;

/** Runs one command against the portal and returns the exit status. */
export async function main(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const [command, planFile] = args;
  if (args.length !== 2 || !isCommand(command) || planFile === undefined) {
    console.error(USAGE);
    return 2;
  }
  try {
    const plan = readPlan(planFile);
    const client = new PortalClient({ url: plan.url, token: environment[TOKEN_VARIABLE] ?? "", sleep });
    await run(command, client, plan, surroundings(planFile));
    return 0;
  } catch (error) {
    console.error(`cloudlab: ${(error as Error).message}`);
    return 1;
  }
}

async function run(command: Command, client: PortalClient, plan: PortalPlan, around: Surroundings): Promise<void> {
  if (command === "apply") return applyPlan(client, plan, around);
  if (command === "manifest") return writeManifests(client, plan, around);
  if (command === "terminate") return terminate(client, plan, around);
  const experiment = await client.experiment(plan.project, plan.experiment);
  if (command === "status") {
    around.log(
      experiment === undefined ? "no such experiment" : `${experiment.status}, until ${experiment.expires_at}`,
    );
  } else if (experiment === undefined) {
    throw new Error(`there is no experiment ${plan.project},${plan.experiment} to extend`);
  } else {
    await extendIfNeeded(client, plan, experiment, around);
  }
}

/**
 * The plan lies in `<stack>/cloudlab/`. What it reads is in the stack's folder; the manifest goes to the project, from
 * which the next synthesis reads it, and the stack's index knows the way there.
 */
function surroundings(planFile: string): Surroundings {
  const stack = resolve(dirname(planFile), "..");
  const index = JSON.parse(readFileSync(resolve(stack, "netloom.json"), "utf8")) as { readonly project: string };
  return {
    readFile: (path) => readFileSync(resolve(stack, path), "utf8"),
    writeFile: (path, content) => {
      const file = resolve(stack, index.project, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(`${file}.new`, content);
      renameSync(`${file}.new`, file);
    },
    log: (line) => console.log(`cloudlab: ${line}`),
    sleep,
    now: Date.now,
  };
}

function readPlan(path: string): PortalPlan {
  const plan = JSON.parse(readFileSync(path, "utf8")) as PortalPlan;
  if (plan.schema !== "netloom.cloudlab-portal/1") throw new Error(`${path} is no plan for the portal`);
  return plan;
}

function isCommand(text: string | undefined): text is Command {
  return (COMMANDS as readonly (string | undefined)[]).includes(text);
}

if (require.main === module) {
  void main(process.argv.slice(2), process.env).then((status) => {
    process.exitCode = status;
  });
}
