import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import type { Bench } from "./bench";
import type { Line } from "./line";
import { count } from "./table";

const QUIET = { CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_CLI_CONFIG_FILE: "/dev/null" };

/** `terraform plan` of a synthesized fleet against as many `terraform_data` written by hand. */
export function planLine(hosts: number, repetitions: number): Line {
  return {
    id: "plan",
    title: `terraform plan of ${count(hosts)} hosts`,
    against: "as many bare terraform_data",
    repetitions,
    measure: (bench) => {
      const terraform = terraformProgram();
      bench.run("plan", "synth", { hosts, platform: "linux", features: "all" }, true);
      const [stack] = readdirSync(bench.place("plan/cdktf.out/stacks"));
      const subject = plan(bench, terraform, bench.place(`plan/cdktf.out/stacks/${stack}`));
      const reference = plan(bench, terraform, stackByHand(bench, hosts));
      bench.remove("plan");
      bench.remove("bare");
      return { subject, reference };
    },
  };
}

function plan(bench: Bench, terraform: string, directory: string) {
  rmSync(join(directory, ".terraform"), { recursive: true, force: true });
  bench.command(directory, terraform, ["init", "-input=false", "-no-color"], QUIET);
  return bench.command(directory, terraform, ["plan", "-input=false", "-no-color", "-out=plan.bin"], QUIET);
}

function stackByHand(bench: Bench, resources: number): string {
  const directory = bench.place("bare");
  mkdirSync(directory, { recursive: true });
  const names = Array.from({ length: resources }, (_, i) => `node-${i}`);
  const made = Object.fromEntries(names.map((digest) => [digest, { triggers_replace: { digest } }]));
  writeFileSync(join(directory, "cdk.tf.json"), JSON.stringify({ resource: { terraform_data: made } }, undefined, 2));
  return directory;
}

/** The program that is there; a bench without it would claim a ratio that nobody measured. */
function terraformProgram(): string {
  const found = ["terraform", "tofu"].find((name) => spawnSync(name, ["version"], { stdio: "ignore" }).status === 0);
  if (found === undefined) throw new Error("neither terraform nor tofu is on the PATH");
  return found;
}
