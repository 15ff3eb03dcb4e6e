import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LAB, labFile, REPOSITORY } from "../e2e/harness";
import type { ApplierName, Scenario, Variant } from "./scenario";

/** Seconds until a host that nobody confirmed reverts: enough for a machine with two busy cores. */
export const WINDOW = Number(process.env["NETLOOM_FAULTS_WINDOW"] ?? 60);
/** Milliseconds after which a command that has not ended counts as hung, and is killed. */
const HUNG = 240_000;

export interface Ended {
  /** Exit status; -1 when a signal ended it. */
  readonly code: number;
  readonly output: string;
  readonly hung: boolean;
  readonly seconds: number;
}

/** A command under way. */
export interface Started {
  readonly child: ChildProcess;
  /** What it printed until now. */
  output(): string;
  readonly done: Promise<Ended>;
}

/** Words for Node that run a stack written in TypeScript, with the netloom of this checkout unless a tsconfig names another. */
export function stackProgram(file: string, tsconfig = join(REPOSITORY, "tsconfig.check.json")): string[] {
  return [join(REPOSITORY, "node_modules/tsx/dist/cli.mjs"), "--tsconfig", tsconfig, file];
}
const PROGRAM = stackProgram(join(REPOSITORY, "test/faults/stack.ts"));

/** A user's project: two variants of one stack, synthesized once each, and the Terraform state of whichever is deployed. */
export class Fleet {
  readonly hosts: readonly string[] = (process.env["LAB_HOSTS"] ?? "").split(" ").filter((name) => name !== "");
  readonly directory = mkdtempSync(join(LAB, "project-"));
  readonly applier: ApplierName;
  private readonly env: NodeJS.ProcessEnv;

  private readonly keys: Scenario["keys"];
  private readonly planned = join(this.directory, "plan");

  constructor(applier: ApplierName, keys: Scenario["keys"]) {
    this.applier = applier;
    this.keys = keys;
    const rc = process.env["NETLOOM_E2E_TERRAFORMRC"];
    const quiet = { CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", CI: "true", FORCE_COLOR: "0" };
    this.env = {
      ...process.env,
      ...quiet,
      NETLOOM_PROGRESS: "1",
      ...(rc === undefined ? {} : { TF_CLI_CONFIG_FILE: rc }),
    };
    const app = `${process.execPath} ${PROGRAM.join(" ")}`;
    const settings = { app, language: "typescript", projectId: "netloom-faults", sendCrashReports: "false" };
    writeFileSync(join(this.directory, "cdktf.json"), JSON.stringify(settings));
  }

  get stack(): string {
    return join(this.directory, "cdktf.out/stacks/lab");
  }

  /** Synthesizes both variants, which then only have to be copied. Leaves the first one in place. */
  async prepare(): Promise<void> {
    for (const variant of ["b", "a"] as const) {
      await this.synthesize(variant);
      cpSync(this.stack, this.kept(variant), { recursive: true });
    }
    await this.must("terraform", ["init", "-input=false"]);
  }

  /** Runs a user's program, that of the tests by default, for some hosts, by default all. */
  async synthesize(variant: Variant, program: readonly string[] = PROGRAM, hosts = this.hosts): Promise<void> {
    this.describe(variant, hosts);
    const ran = await this.start(process.execPath, program, this.directory).done;
    if (ran.code !== 0) throw new Error(`synthesis failed:\n${ran.output}`);
  }

  /** What the user wants from now on. */
  select(variant: Variant): void {
    this.describe(variant);
    for (const name of readdirSync(this.stack)) {
      if (!name.startsWith(".terraform") && name !== "report")
        rmSync(join(this.stack, name), { recursive: true, force: true });
    }
    cpSync(this.kept(variant), this.stack, { recursive: true });
  }

  start(program: string, args: readonly string[], cwd = this.stack, env: NodeJS.ProcessEnv = {}): Started {
    const began = Date.now();
    const child = spawn(program, [...args], { cwd, env: { ...this.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, HUNG);
    const output = () => Buffer.concat(chunks).toString("utf8");
    const done = new Promise<Ended>((resolve) => {
      // "exit", not "close": what was orphaned by a kill holds the pipes for as long as it lives.
      child.on("exit", (code) => {
        clearTimeout(timer);
        setTimeout(
          () => resolve({ code: code ?? -1, output: output(), hung, seconds: (Date.now() - began) / 1000 }),
          50,
        );
      });
    });
    return { child, output, done };
  }

  apply(env: NodeJS.ProcessEnv = {}): Started {
    return this.start("terraform", ["apply", "-auto-approve", "-input=false", "-no-color"], this.stack, env);
  }

  /** The whole way of a user, synthesis included. */
  cdktf(): Started {
    const cli = join(REPOSITORY, "node_modules/cdktf-cli/bundle/bin/cdktf");
    return this.start(
      process.execPath,
      [cli, "deploy", "lab", "--auto-approve", "--skip-provider-lock"],
      this.directory,
    );
  }

  destroy(): Started {
    return this.start("terraform", ["destroy", "-auto-approve", "-input=false", "-no-color"]);
  }

  /** Netloom's own program, past Terraform. */
  runner(...args: readonly string[]): Started {
    return this.start(process.execPath, ["deploy.cjs", ...args]);
  }

  /** Applies what the last {@link plan} found. */
  applyPlan(): Started {
    return this.start("terraform", ["apply", "-input=false", "-no-color", this.planned]);
  }

  /** Whether Terraform sees work. */
  async plan(): Promise<"work" | "no changes"> {
    const args = [
      "plan",
      "-detailed-exitcode",
      "-input=false",
      "-no-color",
      "-lock-timeout=30s",
      `-out=${this.planned}`,
    ];
    const { code, output } = await this.start("terraform", args).done;
    if (code === 0) return "no changes";
    if (code === 2) return "work";
    throw new Error(`terraform plan ended with status ${code}:\n${output}`);
  }

  /** Runs every commit again, whatever Terraform thinks. */
  async recommit(): Promise<Ended> {
    const listed = await this.start("terraform", ["state", "list"]).done;
    const commits = listed.output.split("\n").filter((line) => line.includes("_Commit-"));
    const replace = commits.map((address) => `-replace=${address}`);
    return this.start("terraform", ["apply", "-auto-approve", "-input=false", "-no-color", ...replace]).done;
  }

  async must(program: string, args: readonly string[]): Promise<Ended> {
    const ran = await this.start(program, args).done;
    if (ran.code !== 0) throw new Error(`${program} ${args.join(" ")} ended with status ${ran.code}:\n${ran.output}`);
    return ran;
  }

  /** The digest that a variant has for a host. */
  digest(variant: Variant, host: string): string {
    const index = JSON.parse(readFileSync(join(this.kept(variant), "netloom.json"), "utf8"));
    return index.hosts[host].digest as string;
  }

  private kept(variant: Variant): string {
    const directory = join(this.directory, "variants", variant);
    if (!existsSync(directory)) mkdirSync(directory, { recursive: true });
    return directory;
  }

  private describe(variant: Variant, hosts: readonly string[] = this.hosts): void {
    const scenario: Scenario = {
      applier: this.applier,
      variant,
      keys: this.keys,
      window: WINDOW,
      identityFile: process.env["LAB_KEY"] ?? "",
      hosts: hosts.map((name) => ({ name, address: labFile(name, "ip"), hostKey: labFile(name, "hostkey.pub") })),
    };
    writeFileSync(join(this.directory, "scenario.json"), JSON.stringify(scenario));
  }
}
