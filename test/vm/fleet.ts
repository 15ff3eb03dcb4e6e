import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Project, Ran } from "../e2e/harness";
import { EXPLAINED } from "./explained";
import type { Image } from "./images";
import { type Lab, PATIENCE } from "./lab";
import { projectOf, runner, scenarioOf } from "./project";
import type { Scenario } from "./scenario";
import { compareStates, type Explained, judge, readState, type State, tell } from "./state";
import type { Outcome } from "./table";

const script = (name: string) => readFileSync(join(__dirname, name), "utf8");
type Faults = readonly string[];

/** A step failed that all later ones build on; its faults are in the outcomes. */
export class StoryEnds extends Error {}

/** Machines that one stack deploys to, and what each step on them came to. */
export class Fleet {
  readonly lab: Lab;
  readonly machines: readonly Image[];
  /** Leave out what takes longest: every machine boots once, and there is no second deploy. */
  readonly short: boolean;
  private readonly story: string;
  readonly outcomes: Outcome[] = [];
  /** Explanations that were needed, by their reason. */
  readonly used = new Set<Explained>();
  readonly project: Project;
  private variant: Partial<Scenario> = {};

  constructor(lab: Lab, story: string, machines: readonly Image[], short = false) {
    this.short = short;
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

  /** Reads the state of a machine, and keeps it in the lab's directory for whoever looks into a difference. */
  async record(machine: string, name: string): Promise<State> {
    const { output } = await this.script(machine, "state.sh", [], PATIENCE);
    writeFileSync(join(this.lab.directory, `${this.story}-${machine}-${name}.state`), output);
    return readState(output);
  }

  /** Reads the state again and names each difference that nothing explains. */
  async compare(machine: string, before: State, also: readonly Explained[] = []): Promise<Faults> {
    const { unexplained, used } = judge(compareStates(before, await this.record(machine, "after")), [
      ...EXPLAINED,
      ...also,
    ]);
    for (const each of used) this.used.add(each);
    return unexplained.map(tell);
  }

  async deploy(variant: Partial<Scenario>): Promise<Ran> {
    this.variant = variant;
    return this.project.deploy(scenarioOf(this.lab, this.machines, variant));
  }

  /** A deploy that must succeed on every machine. @throws StoryEnds if it does not: what follows would show nothing. */
  async deploys(step: string, variant: Partial<Scenario>): Promise<void> {
    let failed = true;
    await this.together(step, async () => {
      const { code, output } = await this.deploy(variant);
      failed = code !== 0;
      return failed ? [`cdktf deploy: status ${code}\n${lastLines(output)}`] : [];
    });
    if (failed) throw new StoryEnds(`${this.story} ends here: ${step} failed`);
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
    const { output } = await this.script(machine, "effects.sh", args, PATIENCE);
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

/** The end of an output, without cdktf's name of the stack and the lines that only say that somebody waits. */
const lastLines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^(lab)? +/, ""))
    .filter((line) => line !== "" && !/waiting for|^that$/.test(line))
    .slice(-30)
    .join("\n");
