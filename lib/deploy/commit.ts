import { type AgentStatus, rehearsedIn, type VerifyResult } from "../contract";
import { LostAnswerError } from "./agent";
import { driftOf, secondLook } from "./drift";
import { abandonedHeadline, isConfirmed, revertReason, takeBack } from "./ending";
import { DeployError, type HostFailure, StepError } from "./failure";
import { eachHost } from "./fleet";
import type { StackIndex } from "./index-file";
import { lastAnswer, lateness } from "./late";
import { notice, progress } from "./progress";
import { reportFleet } from "./report";
import { tarOf } from "./tar";
import { prepareWave, type WaveHost, waitForOpenWindows } from "./wave";
import { REHEARSE_TIMEOUT, windowsOf } from "./window";

/** Shares of the window by which the steps have to be done; the rest is left for confirming. */
const ACTIVATE_SHARE = 0.6;
const LOCAL_SHARE = 0.7;
const PAIR_SHARE = 0.85;
/** Milliseconds that must be left on every clock before the first host is confirmed. */
const CONFIRM_MARGIN = 700;
/** Milliseconds for the answer to a command that ends at once on a host that is not slow; it may be asked again. */
const PROMPT_ANSWER = 10_000;
/** Milliseconds between two attempts to confirm. */
const CONFIRM_AGAIN = 300;

/**
 * Applies one wave: all hosts or none. Hosts that are at their generation already, and are as it says, are left alone, so
 * a commit can be repeated; they take part in the checks between hosts. `owner` is who may withdraw what is put there.
 */
export async function commitCommand(index: StackIndex, wave: string, owner: string): Promise<void> {
  const started = Date.now();
  const hosts = await prepareWave(index, wave, owner);
  await waitForOpenWindows(hosts);
  const drifted = await findDrifted(hosts);
  const changed = hosts.filter((host) => !isCommitted(host) || drifted.has(host.name));
  if (changed.length > 0) await new Commit(index, wave, hosts, changed).run();
  const reports = await finalReports(hosts);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const repaired = drifted.size === 0 ? "" : ` (${drifted.size} of them repaired)`;
  const headline = `${index.stack}, wave ${wave}: ${changed.length} hosts confirmed${repaired}, ${hosts.length - changed.length} unchanged, in ${seconds} s`;
  reportFleet(index, headline, reports);
}

const isCommitted = ({ status, id }: WaveHost) => status.committed === id && status.pending === null;

/** Hosts that have their generation and are not as it says any more. They get it again, under the same guard as a change. */
async function findDrifted(hosts: readonly WaveHost[]): Promise<ReadonlyMap<string, string>> {
  const committed = hosts.filter(isCommitted);
  const { results, failures } = await eachHost(committed, "look for drift", ({ agent, status }) =>
    driftOf(agent, status),
  );
  if (failures.length > 0) throw new DeployError("no change was made: these hosts could not be checked", failures);
  const drifted = new Map([...results].flatMap(([name, why]) => (why === undefined ? [] : [[name, why] as const])));
  for (const [name, why] of [...drifted].sort(([a], [b]) => (a < b ? -1 : 1)))
    notice(`${name}: is not as it was deployed, and is activated again (${why})`);
  return drifted;
}

/** The guarded part of a deploy, from the first host that is armed to the last that is confirmed. */
export class Commit {
  private readonly hosts: readonly WaveHost[];
  private readonly changed: readonly WaveHost[];
  private readonly wave: string;
  /** Names of the waves before it. */
  private readonly before: readonly string[];
  /** Seconds of each changed host's window. */
  private windows: ReadonlyMap<string, number> = new Map();
  /** When each armed host's window ends by our clock. */
  private readonly ends = new Map<string, number>();

  constructor(
    index: Pick<StackIndex, "waves">,
    wave: string,
    hosts: readonly WaveHost[],
    changed: readonly WaveHost[],
  ) {
    const names = index.waves.map(({ name }) => name);
    this.before = names.slice(0, names.indexOf(wave));
    this.hosts = hosts;
    this.changed = changed;
    this.wave = wave;
  }

  async run(): Promise<void> {
    await this.rehearse();
    await this.step("arm", this.changed, (host) => this.arm(host));
    await this.step("activate", this.changed, (host) => this.activate(host));
    await this.step("local checks", this.changed, (host) => this.probe(host, "local", LOCAL_SHARE));
    await this.step("checks between hosts", this.hosts, (host) => this.probe(host, "pair", PAIR_SHARE));
    await this.confirm();
  }

  private async step<R>(
    name: string,
    hosts: readonly WaveHost[],
    work: (host: WaveHost) => Promise<R>,
  ): Promise<ReadonlyMap<string, R>> {
    progress(`wave ${this.wave}: ${name} on ${hosts.length} hosts`);
    const { results, failures } = await eachHost(hosts, name, work);
    if (failures.length > 0) await this.abandon(failures);
    return results;
  }

  /** Sends the peer tables, and measures how long the window has to be. */
  private async rehearse(): Promise<void> {
    const measured = await this.step("measure", this.changed, (host) => this.rehearseOne(host));
    const rehearsals = [...measured].flatMap(([host, milliseconds]) =>
      milliseconds === undefined ? [] : [{ host, milliseconds }],
    );
    const wishes = this.changed.map(({ name, agent: { entry, connection } }) =>
      entry.windowIsSet || connection.kind === "directory" ? { host: name, set: entry.window } : { host: name },
    );
    const { windows, tooShort } = windowsOf(wishes, rehearsals);
    this.windows = windows;
    if (tooShort.length > 0) await this.abandon(tooShort);
  }

  /** Milliseconds; nothing for a directory, where nothing is live and no timer runs. */
  private async rehearseOne({ agent, id, tables }: WaveHost): Promise<number | undefined> {
    if (tables.size > 0) {
      const files = [...tables].map(([path, text]) => ({ path, content: Buffer.from(text), mode: "0600" }));
      await agent.command(["fill", agent.entry.digest, id], { input: tarOf(files) });
    }
    if (agent.connection.kind === "directory") return undefined;
    const answer = await agent.command(["rehearse", id], { timeout: REHEARSE_TIMEOUT });
    const milliseconds = rehearsedIn(answer);
    if (milliseconds !== undefined) return milliseconds;
    throw new StepError({ host: agent.name, step: "rehearse", said: `not a measurement: ${answer.slice(0, 80)}` });
  }

  private async arm({ agent, id, name }: WaveHost): Promise<void> {
    const window = this.windows.get(name)!;
    const end = agent.clock.now() + window * 1000;
    try {
      await agent.command(["arm", id, String(window)], { timeout: window * 1000 });
    } catch (error) {
      // It may be armed nevertheless, and has to be taken back then.
      if (error instanceof LostAnswerError) this.ends.set(name, end);
      throw error;
    }
    this.ends.set(name, end);
  }

  private async activate(host: WaveHost): Promise<void> {
    const { agent, id } = host;
    // The answer may be lost with the connection that the change cuts: what counts is what a new connection finds.
    const answer = await agent.tryCommand(["activate", id], { timeout: agent.patience(PROMPT_ANSWER) });
    const refused = answer.code !== 0 && !agent.connection.unreachable(answer);
    // Another run of the same deploy may have confirmed it in between, which is as good.
    if (refused && !isConfirmed(host, await agent.status())) throw agent.failed("activate", answer);
    agent.expectMove();
    const settled = (status: AgentStatus) =>
      status.pending !== id || status.phase === "activated" || status.phase === "failed";
    const status = await agent.statusBy(this.until(host, ACTIVATE_SHARE), settled).catch((error: unknown) => {
      return this.late(host, "the activation", error);
    });
    if (status.warnings !== "") notice(`${host.name}: ${status.warnings}`);
    if (isConfirmed(host, status) || (status.pending === id && status.phase === "activated")) return;
    const said =
      status.pending === id ? status.errors : `reverted while it was activated: ${revertReason(host, status)}`;
    throw new StepError({ host: host.name, step: "activate", said });
  }

  private async probe(host: WaveHost, phase: "local" | "pair", share: number): Promise<void> {
    const what = phase === "local" ? "the local checks" : "the checks between hosts";
    const probed = await host.agent.probeBy(phase, this.until(host, share)).catch((error: unknown) => {
      return this.late(host, what, error);
    });
    if (!probed.ok) throw new StepError({ host: host.name, step: `${phase} checks`, said: failedChecks(probed) });
  }

  private async late(host: WaveHost, what: string, error: unknown): Promise<never> {
    const { end, window } = this.clockOf(host);
    const passed = Math.round(window - (end - host.agent.clock.now()) / 1000);
    throw await lateness(host.agent, { what, window, passed }, error);
  }

  /** The window that counts for a host, which for one that is not changed is that which ends first. */
  private clockOf(host: WaveHost): { readonly end: number; readonly window: number } {
    const [first] = [...this.ends].sort(([, a], [, b]) => a - b);
    const name = this.ends.has(host.name) ? host.name : first![0];
    return { end: this.ends.get(name)!, window: this.windows.get(name)! };
  }

  /** The moment at which a share of the host's window has passed. */
  private until(host: WaveHost, share: number): number {
    const { end, window } = this.clockOf(host);
    return end - window * 1000 * (1 - share);
  }

  private async confirm(): Promise<void> {
    const left = Math.min(
      ...this.changed
        .filter(({ agent }) => agent.connection.kind === "ssh")
        .map(({ agent, name }) => this.ends.get(name)! - agent.clock.now()),
    );
    if (left < CONFIRM_MARGIN) {
      const said = `only ${Math.round(left)} ms of the window were left`;
      await this.abandon([{ host: "all hosts", step: "confirm", said, remedy: "give the hosts a longer window" }]);
    }
    await this.step("confirm", this.changed, (host) => this.confirmOne(host));
  }

  /**
   * Asks until the window ends: an answer may be lost although the host has confirmed, and asking twice is harmless. What
   * counts is what its status says over a new connection.
   */
  private async confirmOne(host: WaveHost): Promise<void> {
    const { agent, id, name } = host;
    const end = this.ends.get(name)!;
    for (;;) {
      const answer = await agent.tryCommand(["confirm", id], { timeout: agent.patience(PROMPT_ANSWER) });
      if (answer.code === 0) break;
      if (!agent.connection.unreachable(answer) || agent.clock.now() > end) throw agent.failed("confirm", answer);
      await agent.clock.sleep(CONFIRM_AGAIN);
    }
    const status = await agent.statusBy(Math.max(end, agent.clock.now() + agent.patience(PROMPT_ANSWER)), () => true);
    if (isConfirmed(host, status)) return;
    const said = `answered that it has confirmed, but it has not${lastAnswer(status)}`;
    throw new StepError({ host: name, step: "confirm", said });
  }

  /** Takes back what can be taken back at once, waits for the timers of the rest, and says how every host ended. */
  private async abandon(failures: readonly HostFailure[]): Promise<never> {
    const armed = this.changed.filter((host) => this.ends.has(host.name));
    progress(`wave ${this.wave}: ${failures.length} failed, ${armed.length} hosts revert`);
    const { results, failures: lost } = await eachHost(armed, "revert", (host) =>
      takeBack(host, this.ends.get(host.name)!),
    );
    const confirmed = [...results].filter(([, ending]) => ending.isConfirmed).map(([name]) => name);
    const states = armed.flatMap((host) => results.get(host.name)?.said ?? []);
    const headline = abandonedHeadline(this.wave, armed.length, confirmed, lost.length);
    const before =
      this.before.length === 0 ? [] : [`  waves before it stay as they are deployed: ${this.before.join(", ")}`];
    throw new DeployError([headline, ...before, ...states.map((state) => `  ${state}`), "why:"].join("\n"), [
      ...failures,
      ...lost,
    ]);
  }
}

function failedChecks(probed: VerifyResult): string {
  return probed.checks
    .filter((check) => check.status === "fail")
    .map(
      (check) =>
        `${check.kind} ${check.what}: wanted ${check.wanted}, found ${check.found} (${check.construct}: ${check.because})`,
    )
    .join("\n");
}

/** The report of everything, after confirmation. */
async function finalReports(hosts: readonly WaveHost[]): Promise<ReadonlyMap<string, VerifyResult>> {
  const { results, failures } = await eachHost(hosts, "verify", ({ agent }) => secondLook(agent, "all"));
  if (failures.length > 0)
    throw new DeployError("the change is confirmed, but these hosts could not be verified", failures);
  return results;
}
