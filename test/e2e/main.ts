import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nullProviderMirror } from "./null-provider";

/** `npm run e2e`: the real cdktf and Terraform against hosts in a lab, once for each kind of resource. */
const REPOSITORY = join(__dirname, "..", "..");
const HOSTS = 4;
const TOOLS = [
  "terraform",
  "ssh",
  "sshd",
  "ip",
  "tc",
  "wg",
  "wireguard-go",
  "ping",
  "unshare",
  "nsenter",
  "flock",
  "setsid",
  "sysctl",
];
const PATH = `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin:/sbin`;

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

function missing(tools: readonly string[]): string[] {
  return tools.filter(
    (tool) => spawnSync("sh", ["-c", `command -v ${tool}`], { env: { ...process.env, PATH } }).status !== 0,
  );
}

/** Where CI runs everything has to be there; elsewhere the reader is told what was not tried. */
function leaveOut(reason: string): Tally {
  const must = process.env["CI"] !== undefined && process.env["CI"] !== "";
  console.log(`${must ? "not ok" : "skip  "} ${reason}`);
  return { passed: 0, failed: must ? 1 : 0 };
}

function inLab(applier: string, env: NodeJS.ProcessEnv): Promise<Tally> {
  const tsx = join(REPOSITORY, "node_modules/tsx/dist/cli.mjs");
  const tsconfig = join(REPOSITORY, "tsconfig.check.json");
  const command = [
    join(__dirname, "lab.sh"),
    String(HOSTS),
    process.execPath,
    tsx,
    "--tsconfig",
    tsconfig,
    join(__dirname, "cases.ts"),
    applier,
  ];
  // Programs name their sockets by process id, and each lab counts its own.
  const scratch = mkdtempSync(join(tmpdir(), "netloom-e2e-"));
  const child = spawn("bash", command, {
    cwd: REPOSITORY,
    env: { ...process.env, PATH, TMPDIR: scratch, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let rest = "";
  let tally: Tally | undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const [, passed, failed] = /^tally (\d+) (\d+)$/.exec(line) ?? [];
      if (passed !== undefined) tally = { passed: Number(passed), failed: Number(failed) };
      else console.log(line);
    }
  });
  return new Promise((resolve) => {
    child.on("close", (code) => {
      rmSync(scratch, { recursive: true, force: true });
      if (tally === undefined) console.log(`not ok ${applier}: the lab ended with status ${code} before its last case`);
      resolve(tally ?? { passed: 0, failed: 1 });
    });
  });
}

async function withNullProvider(): Promise<Tally> {
  if (missing(["go"]).length > 0)
    return leaveOut("null_resource: go is not installed, so the null provider cannot be built");
  return inLab("null_resource", { NETLOOM_E2E_TERRAFORMRC: nullProviderMirror(REPOSITORY) });
}

async function main(): Promise<void> {
  const absent = missing(TOOLS);
  const tallies =
    process.getuid?.() !== 0
      ? [leaveOut("end to end: needs root, to make network namespaces")]
      : absent.length > 0
        ? [leaveOut(`end to end: not installed: ${absent.join(", ")}`)]
        : await Promise.all([inLab("terraform_data", {}), withNullProvider()]);
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  process.exit(sum("failed") === 0 ? 0 : 1);
}

void main();
