import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const LAB = process.env["LAB"] ?? "";
export const REPOSITORY = join(__dirname, "..", "..");

/** Counts cases; a failed one is told with its output, and the rest goes on as far as it makes sense. */
export class Cases {
  passed = 0;
  failed = 0;
  private readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  async run(name: string, body: () => void | Promise<void>): Promise<void> {
    const started = Date.now();
    try {
      await body();
      this.passed++;
      console.log(`ok     ${this.prefix}: ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    } catch (error) {
      this.failed++;
      console.log(`not ok ${this.prefix}: ${name}\n${indent((error as Error).message)}`);
    }
  }
}

const indent = (text: string) =>
  text
    .split("\n")
    .map((line) => `         ${line}`)
    .join("\n");

export function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

export function expectEqual(found: string, wanted: string, what: string): void {
  expect(found === wanted, `${what}: wanted ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
}

/** Long texts: only the lines that differ are told. */
export function expectSameLines(found: string, wanted: string, what: string): void {
  const [now, then] = [found.split("\n"), wanted.split("\n")];
  const more = now.filter((line) => !then.includes(line)).map((line) => `+ ${line}`);
  const less = then.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  expect(more.length + less.length === 0, [`${what} is not as it was:`, ...less, ...more].slice(0, 60).join("\n"));
}

/** Runs a command on a host of the lab, past ssh; throws unless it ends with status 0. */
export function onHost(host: string, ...command: string[]): string {
  const ran = spawnSync("lab_exec", [host, ...command], { encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`${host}: ${command.join(" ")}: ${ran.stderr}${ran.stdout}`);
  return ran.stdout.trim();
}

export function succeedsOnHost(host: string, ...command: string[]): boolean {
  return spawnSync("lab_exec", [host, ...command], { encoding: "utf8" }).status === 0;
}

export const sysctl = (host: string, key: string) => onHost(host, "sysctl", "-n", key);
export const labFile = (host: string, name: string) => readFileSync(join(LAB, host, name), "utf8").trim();

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** A project directory as a user has it: cdktf.json, the stack, its output and state. */
export class Project {
  readonly directory: string;
  /** Everything that any command printed, for the search for secrets. */
  log = "";
  private readonly env: NodeJS.ProcessEnv;

  constructor(directory: string, env: NodeJS.ProcessEnv, program = "test/e2e/stack.ts") {
    this.directory = directory;
    this.env = { ...process.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", CI: "true", FORCE_COLOR: "0", ...env };
    const tsx = join(REPOSITORY, "node_modules/tsx/dist/cli.mjs");
    const app = `node ${tsx} --tsconfig ${join(REPOSITORY, "tsconfig.check.json")} ${join(REPOSITORY, program)}`;
    const settings = { app, language: "typescript", projectId: "netloom-e2e", sendCrashReports: "false" };
    writeFileSync(join(directory, "cdktf.json"), JSON.stringify(settings));
  }

  get stack(): string {
    return join(this.directory, "cdktf.out/stacks/lab");
  }

  describe(scenario: object): void {
    writeFileSync(join(this.directory, "scenario.json"), JSON.stringify(scenario));
  }

  deploy(scenario: object): Promise<Ran> {
    this.describe(scenario);
    return this.start("deploy").done;
  }

  destroy(): Promise<Ran> {
    return this.start("destroy").done;
  }

  /** Starts the real cdktf, which starts the real Terraform. */
  start(command: "deploy" | "destroy"): { readonly done: Promise<Ran> } {
    // Locking asks the registry for checksums, even of a provider that comes from a mirror.
    const cdktf = join(REPOSITORY, "node_modules/cdktf-cli/bundle/bin/cdktf");
    const child = spawn(process.execPath, [cdktf, command, "lab", "--auto-approve", "--skip-provider-lock"], {
      cwd: this.directory,
      env: this.env,
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stdin.end();
    const done = new Promise<Ran>((resolve) => {
      child.on("close", (code) => {
        const output = Buffer.concat(chunks).toString("utf8");
        this.log += output;
        if (process.env["NETLOOM_E2E_LOG"] !== undefined) appendFileSync(process.env["NETLOOM_E2E_LOG"], output);
        resolve({ code: code ?? -1, output });
      });
    });
    return { done };
  }

  /** All files of the project, with their contents: what a secret could have leaked into. */
  files(): { readonly path: string; readonly content: string }[] {
    return readdirSync(this.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes(".terraform"))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path, content: readFileSync(path, "latin1") }));
  }
}

export async function until(condition: () => boolean, seconds: number, what: string): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Process ids whose command line holds `text`. The lab has a process namespace of its own: nobody else's are seen. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      const file = `/proc/${name}/cmdline`;
      try {
        return existsSync(file) && readFileSync(file, "utf8").replaceAll("\0", " ").includes(text);
      } catch {
        return false;
      }
    })
    .map(Number);
}
