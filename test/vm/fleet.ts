import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Project, Ran } from "../e2e/harness";
import { EXPLAINED } from "./explained";
import type { Image, Lab } from "./lab";
import { projectOf, runner, scenarioOf } from "./project";
import type { Scenario } from "./scenario";
import { compareStates, type Explained, judge, readState, type State, tell } from "./state";
import type { Outcome } from "./table";

const script = (name: string) => readFileSync(join(__dirname, name), "utf8");
type Faults = readonly string[];

/** Machines that one stack deploys to, and what each step on them came to. */
export class Fleet {
  readonly lab: Lab;
  readonly machines: readonly Image[];
  private readonly story: string;
  readonly outcomes: Outcome[] = [];
  /** Explanations that were needed, by their reason. */
  readonly used = new Set<Explained>();
  readonly project: Project;
  private variant: Partial<Scenario> = {};

  constructor(lab: Lab, story: string, machines: readonly Image[]) {
    this.lab = lab;
    this.story = story;
    this.machines = machines;
    this.project = projectOf(lab);
  }

  /** One step on all machines at once. What throws is wrong on every machine; a later step runs all the same. */
  async step(name: string, body: (machine: Image) => Promise<Faults>): Promise<void> {
    const started = Date.now();
    await Promise.all(
      this.machines.map(async (machine) => {
        const faults = await body(machine).catch((error: Error): Faults => [error.message]);
        this.tell(name, machine, faults, started);
      }),
    );
  }

  /** One step that is the same command for all machines, as a deploy is. */
  async together(name: string, body: () => Promise<ReadonlyMap<string, Faults> | Faults>): Promise<void> {
    const started = Date.now();
    const result = await body().catch((error: Error): Faults => [error.message]);
    for (const machine of this.machines) {
      const own = Array.isArray(result) ? result : (result as ReadonlyMap<string, Faults>).get(machine);
      this.tell(name, machine, own ?? ["no result"], started);
    }
  }

  private tell(step: string, machine: string, faults: Faults, started: number): void {
    const seconds = Math.round((Date.now() - started) / 1000);
    this.outcomes.push({ step: `${this.story}: ${step}`, machine, faults, seconds });
    console.log(`${faults.length === 0 ? "ok    " : "not ok"} ${this.story}: ${step}: ${machine} (${seconds} s)`);
    for (const fault of faults) console.log(fault.replace(/^/gm, "         "));
  }

  /** Runs a script of this directory on a machine. */
  script(machine: string, name: string, args: readonly string[], seconds: number): Promise<Ran> {
    const body = Buffer.from(script(name)).toString("base64");
    return this.lab.ssh(machine, `echo ${body} | base64 -d | sh -s -- ${args.join(" ")}`, seconds);
  }

  async record(machine: string): Promise<State> {
    return readState((await this.script(machine, "state.sh", [], 300)).output);
  }

  /** Reads the state again and names each difference that nothing explains. */
  async compare(machine: string, before: State, also: readonly Explained[] = []): Promise<Faults> {
    const { unexplained, used } = judge(compareStates(before, await this.record(machine)), [...EXPLAINED, ...also]);
    for (const each of used) this.used.add(each);
    return unexplained.map(tell);
  }

  async deploy(variant: Partial<Scenario>): Promise<Ran> {
    this.variant = variant;
    return this.project.deploy(scenarioOf(this.lab, this.machines, variant));
  }

  /** A deploy that must succeed on every machine. */
  async deploys(variant: Partial<Scenario>): Promise<Faults> {
    const { code, output } = await this.deploy(variant);
    return code === 0 ? [] : [`cdktf deploy: status ${code}\n${lastLines(output)}`];
  }

  async destroys(): Promise<Faults> {
    const { code, output } = await this.project.destroy();
    return code === 0 ? [] : [`cdktf destroy: status ${code}\n${lastLines(output)}`];
  }

  /** Netloom's own checks by the runner. */
  async verifies(): Promise<ReadonlyMap<string, Faults>> {
    const report = (machine: string) => join(this.project.stack, "report", `${machine}.json`);
    for (const machine of this.machines) rmSync(report(machine), { force: true });
    const { output } = await runner(this.project, "verify");
    return new Map(
      this.machines.map((machine) => {
        if (!existsSync(report(machine))) return [machine, [`no report:\n${lastLines(output)}`]];
        const { checks } = JSON.parse(readFileSync(report(machine), "utf8")) as { checks: Check[] };
        const failed = checks.filter((check) => check.status === "fail");
        if (checks.length === 0) return [machine, ["the report has no checks"]];
        return [machine, failed.map((check) => `${check.what}: wanted ${check.wanted}, found ${check.found}`)];
      }),
    );
  }

  /** The same in the kernel's words. */
  async hasEffect(machine: Image): Promise<Faults> {
    const { mtu, transport } = scenarioOf(this.lab, [], this.variant);
    const peers = this.machines.filter((other) => other !== machine).map((other) => this.lab.machine(other).number);
    const args = [this.lab.machine(machine).number, mtu, transport, ...peers].map(String);
    const { output } = await this.script(machine, "effects.sh", args, 300);
    const lines = output.split("\n");
    if (!lines.some((line) => line.startsWith("ok "))) return [`effects.sh did not run: ${output}`];
    return lines.filter((line) => line.startsWith("not ok")).map((line) => line.slice("not ok ".length));
  }
}

interface Check {
  readonly status: string;
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

const lastLines = (text: string) => text.trimEnd().split("\n").slice(-40).join("\n");
