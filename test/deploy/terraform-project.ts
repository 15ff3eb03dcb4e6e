import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
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

/** A project whose stack is synthesized and deployed for real, with nothing to download. */
export class TerraformProject {
  private readonly at = project();
  private readonly stack = join(this.at.outdir, "stacks/lab");

  synth(hosts: Readonly<Record<string, DirectoryHost>>, waves: readonly string[] = ["default"]): this {
    this.at.synth((stack) => {
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
    const env = { ...process.env, CI: "", NETLOOM_PROGRESS: "0", TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" };
    const run = (...args: string[]) => spawnSync("terraform", args, { cwd: this.stack, env, encoding: "utf8" });
    if (!existsSync(join(this.stack, ".terraform"))) run("init", "-no-color");
    const ran = run(...words, "-no-color");
    if (ran.status !== 0) throw new Error(`terraform ${words.join(" ")}: ${ran.stderr}${ran.stdout}`);
    return ran.stdout;
  }
}
