import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TerraformStack } from "cdktf";
import { Applier, Deployment, Duration, Host, Target } from "../../lib";
import { project } from "../support/output";

/** One host of a stack that Terraform deploys into directories. */
export interface DirectoryHost {
  readonly wave?: string;
  /** @default machines/<name> */
  readonly directory?: string;
  /** What is set on it. @default 4096 */
  readonly backlog?: number;
}

/** A runner that says when a commit begins, and waits there as long as there is a file `hold`. */
const HOLDING_RUNNER = `
const fs = require("node:fs");
if (process.argv[2] === "commit" && fs.existsSync("hold")) {
  fs.writeFileSync("held.new", String(process.pid));
  fs.renameSync("held.new", "held");
  while (fs.existsSync("hold")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}
require("./real.cjs");
`;

/** Terraform stopped in the middle of a commit. */
export interface HeldApply {
  readonly terraform: ChildProcess;
  /** Process id of the runner that waits. */
  readonly runner: number;
  /** What Terraform has printed so far. */
  printed(): string;
  /** Terraform has ended. */
  readonly done: Promise<void>;
}

/** A project whose stack is synthesized and deployed for real, with nothing to download. */
export class TerraformProject {
  private readonly at = project();
  private readonly stack = join(this.at.outdir, "stacks/lab");

  synth(
    hosts: Readonly<Record<string, DirectoryHost>>,
    waves: readonly string[] = ["default"],
    more: (stack: TerraformStack) => void = () => {},
  ): this {
    this.at.synth((stack) => {
      more(stack);
      new Deployment(stack, { applier: Applier.terraformData(), waves, window: Duration.seconds(5) });
      for (const [name, { wave, directory = `machines/${name}`, backlog = 4096 }] of Object.entries(hosts)) {
        const props = { target: Target.directory(directory), ...(wave === undefined ? {} : { wave }) };
        new Host(stack, name, props).sysctl("net.core.somaxconn", backlog, { because: "the test looks for it" });
      }
    });
    return this;
  }

  /** Deploys; returns what Terraform and the runner printed. */
  apply(...words: string[]): string {
    return this.terraform("apply", "-auto-approve", ...words);
  }

  destroy(): string {
    return this.terraform("destroy", "-auto-approve");
  }

  /** Starts a deploy, and returns when the commit of the first wave that has work begins. It waits there until `letGo`. */
  async applyHeld(): Promise<HeldApply> {
    this.init();
    const at = (name: string) => join(this.stack, name);
    if (!existsSync(at("real.cjs"))) {
      renameSync(at("deploy.cjs"), at("real.cjs"));
      writeFileSync(at("deploy.cjs"), HOLDING_RUNNER);
    }
    rmSync(at("held"), { force: true });
    writeFileSync(at("hold"), "");
    const terraform = spawn("terraform", ["apply", "-auto-approve", "-no-color"], { cwd: this.stack, env: ENV });
    let output = "";
    for (const stream of [terraform.stdout, terraform.stderr])
      stream.on("data", (chunk: Buffer) => (output += String(chunk)));
    const done = new Promise<void>((resolve) => terraform.on("close", () => resolve()));
    await until(() => existsSync(at("held")) || terraform.exitCode !== null);
    if (terraform.exitCode !== null) throw new Error(`terraform ended before a commit began: ${output}`);
    return { terraform, runner: Number(readFileSync(at("held"), "utf8")), printed: () => output, done };
  }

  /** Lets commits go on. */
  letGo(): void {
    rmSync(join(this.stack, "hold"), { force: true });
  }

  /** Names of the resources that the state file has, and does not call tainted. */
  made(): readonly string[] {
    const state = JSON.parse(readFileSync(join(this.at.directory, "terraform.lab.tfstate"), "utf8")) as StateFile;
    const good = state.resources.filter(({ instances }) => instances.some(({ status }) => status === undefined));
    return good.map(({ name }) => name.replace(/_[0-9A-F]{8}$/, ""));
  }

  /** Addresses of what Terraform has made. */
  addresses(): readonly string[] {
    return this.terraform("state", "list").trim().split("\n");
  }

  /** Whether there is nothing left to deploy. */
  isDeployed(): boolean {
    return this.terraform("plan").includes("No changes.");
  }

  /** What Netloom set on a machine; `undefined` when nothing of it is there. */
  backlogOf(machine: string): number | undefined {
    const file = join(this.at.directory, "machines", machine, "etc/sysctl.d/60-netloom.conf");
    if (!existsSync(file)) return undefined;
    return Number(/somaxconn\s*=\s*(\d+)/.exec(readFileSync(file, "utf8"))?.[1]);
  }

  private terraform(...words: string[]): string {
    this.init();
    const ran = this.run(...words, ...(words[0] === "state" ? [] : ["-no-color"]));
    if (ran.status !== 0) throw new Error(`terraform ${words.join(" ")}: ${ran.stderr}${ran.stdout}`);
    return ran.stdout;
  }

  private init(): void {
    if (!existsSync(join(this.stack, ".terraform"))) this.run("init", "-no-color");
  }

  private run(...words: string[]) {
    return spawnSync("terraform", words, { cwd: this.stack, env: ENV, encoding: "utf8" });
  }
}

const ENV = { ...process.env, CI: "", NETLOOM_PROGRESS: "0", TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" };

interface StateFile {
  readonly resources: readonly { readonly name: string; readonly instances: readonly { readonly status?: string }[] }[];
}

/** Waits until something is so; the time limit of the test is the limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
