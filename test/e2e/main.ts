import { join } from "node:path";
import { inLab, missingTools, noLab, REPOSITORY } from "../support/in-lab";
import { TOOLS_ARE_REQUIRED } from "../support/installed";
import { earlierPackage } from "./earlier-package";
import { nullProviderMirror } from "./null-provider";

/** `npm run e2e`: the real cdktf and Terraform against hosts in a lab, once for each kind of resource. */
const HOSTS = 4;
/** The last release before hosts had agents of protocol version 2. */
const EARLIER = "db6b36c";

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** Where CI runs everything has to be there; elsewhere the reader is told what was not tried. */
function leaveOut(reason: string): Tally {
  const must = TOOLS_ARE_REQUIRED;
  console.log(`${must ? "not ok" : "skip  "} ${reason}`);
  return { passed: 0, failed: must ? 1 : 0 };
}

async function casesOf(name: string, program: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Tally> {
  let tally: Tally | undefined;
  const code = await inLab({
    hosts: HOSTS,
    program,
    env,
    onLine: (line) => {
      const [, passed, failed] = /^tally (\d+) (\d+)$/.exec(line) ?? [];
      if (passed !== undefined) tally = { passed: Number(passed), failed: Number(failed) };
      else console.log(line);
    },
  });
  if (tally === undefined) console.log(`not ok ${name}: the lab ended with status ${code} before its last case`);
  return tally ?? { passed: 0, failed: 1 };
}

const casesFor = (applier: string, env: NodeJS.ProcessEnv) =>
  casesOf(applier, [join(__dirname, "cases.ts"), applier], env);

async function upgrade(): Promise<Tally> {
  const earlier = earlierPackage(REPOSITORY, EARLIER);
  if ("reason" in earlier) return leaveOut(`upgrade: ${earlier.reason}`);
  return casesOf("upgrade", [join(__dirname, "upgrade.ts"), earlier.project]);
}

async function withNullProvider(): Promise<Tally> {
  if (missingTools(["go"]).length > 0)
    return leaveOut("null_resource: go is not installed, so the null provider cannot be built");
  return casesFor("null_resource", { NETLOOM_E2E_TERRAFORMRC: nullProviderMirror(REPOSITORY) });
}

async function main(): Promise<void> {
  const reason = noLab();
  const tallies =
    reason === undefined
      ? await Promise.all([casesFor("terraform_data", {}), withNullProvider(), upgrade()])
      : [leaveOut(`end to end: ${reason}`)];
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  process.exit(sum("failed") === 0 ? 0 : 1);
}

void main();
