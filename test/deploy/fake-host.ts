import { ABSENT, AGENT_VERSION, type AgentStatus, type CheckResult } from "../../lib/contract";
import { HostAgent } from "../../lib/deploy/agent";
import type { Clock } from "../../lib/deploy/clock";
import type { Answer, CallOptions, Connection } from "../../lib/deploy/connection";
import type { HostEntry } from "../../lib/deploy/index-file";
import type { WaveHost } from "../../lib/deploy/wave";

/** Whoever waits longer waits for ever. */
const END_OF_TIME = 100 * 3600_000;

/** Time that goes on only when everybody waits, and then at once to the moment that somebody waits for. */
export class FakeClock implements Clock {
  private time = 0;
  private readonly sleepers: { readonly at: number; readonly wake: () => void; readonly fail: (e: Error) => void }[] =
    [];
  private isScheduled = false;

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake, fail) => {
      this.sleepers.push({ at: this.time + Math.max(0, milliseconds), wake, fail });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled || this.sleepers.length === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.sleepers.sort((a, b) => a.at - b.at);
      const next = this.sleepers.shift()!;
      this.time = Math.max(this.time, next.at);
      if (this.time > END_OF_TIME) next.fail(new Error("somebody waits for ever"));
      else next.wake();
      this.schedule();
    });
  }
}

export type Verb = "true" | "status" | "fill" | "rehearse" | "arm" | "activate" | "probe" | "confirm" | "revert";

/** How a host behaves; times are milliseconds. */
export interface Behaviour {
  /** How long the answer to a command takes. @default 0 */
  readonly takes?: Partial<Record<Verb, number>>;
  /** Whether there is never an answer to a command. */
  readonly hangs?: (verb: Verb) => boolean;
  /** What a command prints in place of what is true. */
  readonly says?: Partial<Record<Verb, string>>;
  /** Whether no connection works, by the host's clock. */
  readonly isDown?: (now: number, host: FakeHost) => boolean;
  /** Answer to `rehearse`. @default 0 */
  readonly rehearsal?: number;
  /** From the answer to `activate` until the activation is over. @default 0 */
  readonly activation?: number;
  readonly activationErrors?: string;
  /** From the end of the window, or the wish to revert, until that is done. @default 0 */
  readonly reverting?: number;
  /** Since which moment the checks of a phase are ok. @default 0 */
  readonly okSince?: { readonly local?: number; readonly pair?: number };
  readonly status?: Partial<AgentStatus>;
  /** Seconds of the window that the stack sets. @default - none */
  readonly window?: number;
  readonly kind?: "ssh" | "directory";
}

const CHECK: Omit<CheckResult, "status" | "phase" | "found"> = {
  kind: "sysctl",
  construct: "lab/a",
  because: "why",
  what: "k",
  wanted: "1",
};

export const NEW = "bbbbbbbb";
export const OLD = "aaaaaaaa";

/** An agent that does what the contract says, on a clock of its own making. */
export class FakeHost implements Connection {
  readonly kind: "ssh" | "directory";
  readonly where = "192.0.2.1";
  readonly name: string;
  readonly clock: FakeClock;
  readonly asked: Verb[] = [];
  behaviour: Behaviour;
  state: AgentStatus;
  /** When the window ends; when the activation, and when the revert is over. */
  private deadline = Number.POSITIVE_INFINITY;
  private activated = Number.POSITIVE_INFINITY;
  private reverted = Number.POSITIVE_INFINITY;

  constructor(clock: FakeClock, behaviour: Behaviour = {}, name = "h1") {
    this.clock = clock;
    this.behaviour = behaviour;
    this.name = name;
    this.kind = behaviour.kind ?? "ssh";
    const base = { ...ABSENT, agent: AGENT_VERSION, committed: OLD, active: OLD, wanted: NEW, boot: "boot-1" };
    this.state = { ...base, damaged: "", bootReport: "", ...behaviour.status };
  }

  get entry(): HostEntry {
    const { window } = this.behaviour;
    const target = { kind: "ssh", host: this.where } as const;
    const rest = { path: this.name, platform: "linux", digest: NEW, files: {}, keys: [] } as const;
    return { name: this.name, target, window: window ?? 120, windowIsSet: window !== undefined, ...rest };
  }

  get agent(): HostAgent {
    return new HostAgent(this.entry, this, this.clock);
  }

  waveHost(id = NEW): WaveHost {
    return { name: this.name, agent: this.agent, tables: new Map(), id, status: this.state };
  }

  async call(script: string, { timeout = 120_000 }: CallOptions = {}): Promise<Answer> {
    const verb = verbOf(script);
    this.asked.push(verb);
    const isHanging = this.behaviour.hangs?.(verb) === true;
    const takes = isHanging ? Number.POSITIVE_INFINITY : (this.behaviour.takes?.[verb] ?? 0);
    await this.clock.sleep(Math.min(takes, timeout));
    const answer = (code: number, stdout: string, stderr = "") => ({ code, stdout, stderr, isWhole: true });
    if (takes > timeout)
      return { ...answer(-1, "", `no answer within ${Math.round(timeout / 1000)} s`), isWhole: false, stopped: "time" };
    if (this.behaviour.isDown?.(this.clock.now(), this) === true)
      return { ...answer(255, "", "ssh: connect to host 192.0.2.1 port 22: Connection timed out"), isWhole: false };
    this.goOn();
    const says = this.behaviour.says?.[verb];
    if (says !== undefined) return answer(0, says);
    const [code, text] = this.perform(verb, script);
    return code === 0 ? answer(0, text) : answer(code, "", text);
  }

  unreachable(answer: Answer): boolean {
    return answer.stopped === "time" || answer.code === 255;
  }

  remedy(): undefined {
    return undefined;
  }

  /** What happens by itself. */
  private goOn(): void {
    const now = this.clock.now();
    if (this.state.phase === "activating" && now >= this.activated) {
      const errors = this.behaviour.activationErrors ?? "";
      this.state = { ...this.state, phase: errors === "" ? "activated" : "failed", errors };
    }
    if (this.state.pending !== null && this.state.phase !== "reverting" && now >= this.deadline)
      this.revert(this.deadline);
    if (this.state.phase === "reverting" && now >= this.reverted) this.close(`reverted ${this.state.pending}: because`);
  }

  private revert(from: number): void {
    this.state = { ...this.state, phase: "reverting" };
    this.reverted = from + (this.behaviour.reverting ?? 0);
  }

  close(result: string, more: Partial<AgentStatus> = {}): void {
    this.state = { ...this.state, phase: "", pending: null, result, ...more };
    this.deadline = Number.POSITIVE_INFINITY;
  }

  private perform(verb: Verb, script: string): readonly [number, string] {
    const now = this.clock.now();
    switch (verb) {
      case "true":
      case "fill":
        return [0, ""];
      case "status":
        return [0, JSON.stringify({ ...this.state, remaining: this.remaining() })];
      case "rehearse":
        return [0, `rehearsed ${this.behaviour.rehearsal ?? 0}\n`];
      case "arm": {
        const [, id, seconds] = /arm (\S+) (\d+)/.exec(script)!;
        // Without a timer nothing ends by itself.
        if (this.kind === "ssh") this.deadline = now + Number(seconds) * 1000;
        this.state = { ...this.state, pending: id!, phase: "armed" };
        return [0, `armed ${id}`];
      }
      case "activate":
        this.state = { ...this.state, phase: "activating" };
        this.activated = now + (this.behaviour.activation ?? 0);
        return [0, "activating"];
      case "probe":
        return this.probe(/--phase (\w+)/.exec(script)![1]!);
      case "confirm":
        if (this.state.phase !== "activated" || now >= this.deadline) return [1, "the window has just closed"];
        this.close(`confirmed ${this.state.pending}`, { committed: this.state.pending!, active: this.state.pending! });
        return [0, "confirmed"];
      case "revert":
        if (this.state.pending === null) return [0, "nothing to revert"];
        this.revert(now);
        this.goOn();
        return [0, "reverted"];
    }
  }

  private probe(phase: string): readonly [number, string] {
    const phases = (["local", "pair"] as const).filter((name) => phase === "all" || phase === name);
    const checks = phases.map((name) => {
      const isOk = this.clock.now() >= (this.behaviour.okSince?.[name] ?? 0);
      return { ...CHECK, phase: name, status: isOk ? "ok" : "fail", found: isOk ? "1" : "2" };
    });
    return [0, JSON.stringify({ host: this.name, phase, ok: checks.every(({ status }) => status === "ok"), checks })];
  }

  private remaining(): number {
    return this.deadline === Number.POSITIVE_INFINITY
      ? 0
      : Math.max(0, Math.floor((this.deadline - this.clock.now()) / 1000));
  }
}

function verbOf(script: string): Verb {
  if (script === "true") return "true";
  const found = /netloom\/agent" (fill|rehearse|arm|activate|probe|confirm|revert|status)\b/.exec(script)?.[1];
  if (found === undefined) throw new Error(`not a command of the agent: ${script}`);
  return found as Verb;
}
