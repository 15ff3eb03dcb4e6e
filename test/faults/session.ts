import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../e2e/harness";
import { type Ended, Fleet, type Started, WINDOW } from "./fleet";
import { atWork, signal } from "./kills";
import { installLiar } from "./liar";
import { type Observation, observe, pendingOf, type Standing, standing } from "./observe";
import type { ApplierName, Variant } from "./scenario";
import type { Row } from "./table";

/** Seconds that a host may need beyond its window until it is back, on a loaded machine. */
const GRACE = 30;

/** One deploy with a fault, from the variant that all hosts are at to the other one. */
export interface Trial {
  readonly fleet: Fleet;
  readonly target: Variant;
}

/** What stands in a row before a fault has told more. */
export interface Title {
  readonly part: string;
  readonly fault: string;
  readonly moment: string;
  /** A host whose state the fault itself has changed, so that only the next deploy can make it whole. */
  readonly mayBeHarmed?: string;
}

/** What a host can look like: as before Netloom, or as one of the variants. */
type Look = Variant | "virgin";

const STACK_TRACE = /^ {4}at .*(deploy\.cjs|node:internal)/m;

/** A deployed fleet and what its hosts look like at both variants; runs faults one after the other. */
export class Session {
  readonly fleet: Fleet;
  current: Variant = "a";
  /** Seconds that a deploy without a fault takes. */
  usual = 0;
  private readonly looks = new Map<string, Observation>();

  constructor(applier: ApplierName, keys: "host" | "deployer" = "host") {
    this.fleet = new Fleet(applier, keys);
  }

  get target(): Variant {
    return this.current === "a" ? "b" : "a";
  }

  /** Deploys both variants once without a fault, so that there is something to compare with. */
  async start(): Promise<void> {
    installLiar(this.fleet.hosts);
    for (const host of this.fleet.hosts) this.learn("virgin", host);
    await this.fleet.prepare();
    for (const variant of ["a", "b", "a"] as const) {
      this.fleet.select(variant);
      const ran = await this.fleet.apply().done;
      if (ran.code !== 0) throw new Error(`the deploy of variant ${variant} failed without a fault:\n${ran.output}`);
      this.usual = ran.seconds;
      for (const host of this.fleet.hosts) this.learn(variant, host);
    }
    const [a, b] = [this.look("a", "h1"), this.look("b", "h1")];
    const same = Object.keys(a).filter((kind) => a[kind] === b[kind] && !["queues", "open window"].includes(kind));
    if (same.length > 0) throw new Error(`the two variants do not differ in: ${same.join(", ")}`);
  }

  look(variant: Look, host: string): Observation {
    return this.looks.get(`${variant} ${host}`)!;
  }

  standing(host: string, old: Look, fresh: Look): Standing {
    return standing(observe(host), this.look(old, host), this.look(fresh, host));
  }

  standings(target: Variant): ReadonlyMap<string, Standing> {
    const old = target === "a" ? "b" : "a";
    return new Map(this.fleet.hosts.map((host) => [host, this.standing(host, old, target)]));
  }

  /** From whatever a fault has left to a deployed fleet: everything goes, and comes again. */
  async reset(): Promise<void> {
    const gone = await this.fleet.destroy().done;
    const back = await this.fleet.apply().done;
    const bad = [...this.standings(this.current)].filter(([, { verdict }]) => verdict !== "new");
    if (back.code === 0 && bad.length === 0) return;
    throw new Unhealed([`neither does destroy and deploy: ${lastWords(gone.output)}; ${lastWords(back.output)}`]);
  }

  /**
   * Runs one fault: `strike` has started a deploy to the other variant and done its worst. Then the hosts are left to
   * themselves, looked at, and deployed again by the plainest means.
   */
  async trial({ mayBeHarmed, ...title }: Title, strike: (trial: Trial) => Promise<Struck>): Promise<Row | undefined> {
    const { fleet, target } = this;
    fleet.select(target);
    const struck = await strike({ fleet, target });
    const complaints: string[] = [...(struck.complaints ?? [])];
    const ended = struck.run === undefined ? undefined : await struck.run.done;
    if (ended !== undefined) complaints.push(...badManners(ended));
    await struck.undoBeforeSettling?.();
    complaints.push(...(await this.settle()));
    await struck.undo?.();
    const stand = new Map(this.standings(target));
    if (mayBeHarmed !== undefined && stand.get(mayBeHarmed)?.verdict === "mixture") stand.delete(mayBeHarmed);
    const verdicts = [...stand.values()].map(({ verdict }) => verdict);
    const hosts = verdicts.includes("mixture")
      ? "mixture"
      : verdicts.every((verdict) => verdict === "new")
        ? "new"
        : verdicts.every((verdict) => verdict === "old")
          ? "old"
          : "some old, some new";
    for (const [host, { verdict, detail }] of stand) if (verdict === "mixture") complaints.push(`${host}: ${detail}`);
    const plan = await fleet.plan();
    const isComplete = hosts === "new" && stand.size === fleet.hosts.length;
    const silent = plan === "no changes" && !isComplete;
    const healedBy = await this.heal(complaints);
    if (struck.missed === true && isComplete && healedBy === 1 && complaints.length === 0) return undefined;
    return { ...title, applier: fleet.applier, hosts, silent, healedBy, complaints };
  }

  /** Plain deploys, the first one of the plan that was made, until all hosts are at the target and the next plan is empty. */
  private async heal(complaints: string[]): Promise<number> {
    const { fleet, target } = this;
    this.current = target;
    for (const turn of [1, 2]) {
      const ran = await (turn === 1 ? fleet.applyPlan() : fleet.apply()).done;
      const stand = this.standings(target);
      const bad = [...stand].filter(([, { verdict }]) => verdict !== "new");
      if (ran.code === 0 && bad.length === 0 && (await fleet.plan()) === "no changes") return turn;
      const words = bad.map(([host, { verdict, detail }]) => `${host} ${verdict} ${detail}`.trim());
      complaints.push(`deploy ${turn} ended with status ${ran.code}: ${[...words, lastWords(ran.output)].join("; ")}`);
      await this.settle();
    }
    const forced = await fleet.recommit();
    const stand = this.standings(target);
    if (forced.code !== 0 || [...stand.values()].some(({ verdict }) => verdict !== "new")) {
      complaints.push(`terraform apply -replace does not heal it either: ${lastWords(forced.output)}`);
      await this.reset().catch((error: Unhealed) => {
        throw new Unhealed([...complaints, ...error.complaints]);
      });
    }
    return 0;
  }

  /** Until no program of the deploy is at work and no window is open. */
  private async settle(): Promise<string[]> {
    const complaints: string[] = [];
    await until(() => atWork().length === 0, 4 * WINDOW + GRACE, "what was orphaned ends").catch((error: Error) => {
      complaints.push(error.message);
      signal(atWork(), "SIGKILL");
    });
    const open = () => this.fleet.hosts.filter((host) => pendingOf(host) !== "");
    await until(() => open().length === 0, WINDOW + GRACE, "the windows close").catch(() => {
      complaints.push(`a window is still open ${GRACE} s after its end: ${open().join(", ")}`);
    });
    await sleep(100);
    return complaints;
  }

  private learn(variant: Look, host: string): void {
    const now = observe(host);
    const before = this.looks.get(`${variant} ${host}`);
    const kinds = Object.keys(now).filter((kind) => before !== undefined && now[kind] !== before[kind]);
    if (kinds.length > 0) {
      const words = kinds.map((kind) => `${kind}:\n${before![kind]}\n--- now:\n${now[kind]}`);
      throw new Error(`${host} looks different at variant ${variant} the second time: ${words.join("\n")}`);
    }
    this.looks.set(`${variant} ${host}`, now);
  }
}

/** What a fault leaves to the session. */
export interface Struck {
  /** The deploy that it struck. */
  readonly run?: Started;
  /** Nothing was hit: the deploy was over. */
  readonly missed?: boolean;
  readonly complaints?: readonly string[];
  /** Takes the cause away when the deploy has ended, since the hosts could not settle with it. */
  readonly undoBeforeSettling?: () => void | Promise<void>;
  /** Takes the cause away, after the hosts have settled and before anything is looked at. */
  readonly undo?: () => void | Promise<void>;
}

/** A fleet that no deploy brings back; the session is over. */
export class Unhealed extends Error {
  readonly complaints: readonly string[];
  constructor(complaints: readonly string[]) {
    super(complaints.join("\n"));
    this.complaints = complaints;
  }
}

/** What no fault may make us do: hang, print without end, print stack traces or what a terminal obeys. */
export function badManners({ output, hung }: Ended): string[] {
  return [
    ...(hung ? ["the deploy hung"] : []),
    ...(output.length > 1_000_000 ? [`${output.length} characters of output`] : []),
    ...(STACK_TRACE.test(output) ? ["a stack trace"] : []),
    ...(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(output.slice(0, 1_000_000))
      ? ["control characters in the output"]
      : []),
  ];
}

export function lastWords(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.replace(/^[│╷╵ ]+|\(local-exec\): /g, "").trim())
    .filter((line) => line !== "");
  return lines.slice(-4).join(" / ").slice(-240);
}
