import type { AgentStatus, VerifyResult } from "./agent";
import { DeployError, type HostFailure, StepError } from "./failure";
import { eachHost } from "./fleet";
import type { StackIndex } from "./index-file";
import { sleep } from "./process";
import { notice, progress } from "./progress";
import { reportFleet } from "./report";
import { tarOf } from "./tar";
import { prepareWave, type WaveHost, waitForOpenWindows } from "./wave";

/** Shares of the window by which the steps have to be done; the rest is left for confirming. */
const LOCAL_SHARE = 0.6;
const PAIR_SHARE = 0.85;
/** Milliseconds that must be left on every clock before the first host is confirmed. */
const CONFIRM_MARGIN = 700;
/** Milliseconds after the end of the window within which a host has to be back. */
const BACK_AFTER = 20_000;
/** Milliseconds between the two looks at a host whose final report is not all well. */
const SECOND_LOOK_AFTER = 2000;

/**
 * Applies one wave: all hosts or none. Hosts that are at their generation already are left alone, so a commit can be
 * repeated; they take part in the checks between hosts. `owner` is who may withdraw what is put there.
 */
export async function commitCommand(index: StackIndex, wave: string, owner: string): Promise<void> {
  const started = Date.now();
  const hosts = await prepareWave(index, wave, owner);
  await waitForOpenWindows(hosts);
  const changed = hosts.filter(({ status, id }) => status.committed !== id || status.pending !== null);
  if (changed.length > 0) await new Commit(index, wave, hosts, changed).run();
  const reports = await finalReports(hosts);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const headline = `${index.stack}, wave ${wave}: ${changed.length} hosts confirmed, ${hosts.length - changed.length} unchanged, in ${seconds} s`;
  reportFleet(index, headline, reports);
}

class Commit {
  private readonly hosts: readonly WaveHost[];
  private readonly changed: readonly WaveHost[];
  private readonly wave: string;
  /** Names of the waves before it. */
  private readonly before: readonly string[];
  /** When each armed host's window ends by our clock. */
  private readonly ends = new Map<string, number>();

  constructor(index: StackIndex, wave: string, hosts: readonly WaveHost[], changed: readonly WaveHost[]) {
    const names = index.waves.map(({ name }) => name);
    this.before = names.slice(0, names.indexOf(wave));
    this.hosts = hosts;
    this.changed = changed;
    this.wave = wave;
  }

  async run(): Promise<void> {
    await this.step("arm", this.changed, (host) => this.arm(host));
    await this.step("activate", this.changed, (host) => this.activate(host));
    await this.step("local checks", this.changed, (host) => this.probe(host, "local", LOCAL_SHARE + 0.1));
    await this.step("checks between hosts", this.hosts, (host) => this.probe(host, "pair", PAIR_SHARE));
    await this.confirm();
  }

  private async step(
    name: string,
    hosts: readonly WaveHost[],
    work: (host: WaveHost) => Promise<unknown>,
  ): Promise<void> {
    progress(`wave ${this.wave}: ${name} on ${hosts.length} hosts`);
    const { failures } = await eachHost(hosts, name, work);
    if (failures.length > 0) await this.abandon(failures);
  }

  private async arm(host: WaveHost): Promise<void> {
    const { agent, id, tables } = host;
    if (tables.size > 0) {
      const files = [...tables].map(([path, text]) => ({ path, content: Buffer.from(text), mode: "0600" }));
      await agent.command(["fill", agent.entry.digest, id], { input: tarOf(files) });
    }
    const sent = Date.now();
    await agent.command(["arm", id, String(agent.entry.window)]);
    this.ends.set(host.name, sent + agent.entry.window * 1000);
  }

  private async activate(host: WaveHost): Promise<void> {
    const { agent, id } = host;
    // The answer may be lost with the connection that the change cuts: what counts is what a new connection finds.
    const answer = await agent.tryCommand(["activate", id], { timeout: 10_000 });
    const refused = answer.code !== 0 && !agent.connection.unreachable(answer);
    // Another run of the same deploy may have confirmed it in between, which is as good.
    if (refused && !isConfirmed(await agent.status(), id)) throw agent.failed("activate", answer);
    agent.expectMove();
    const settled = (status: AgentStatus) =>
      status.pending !== id || status.phase === "activated" || status.phase === "failed";
    const status = await agent.statusBy(this.until(host, LOCAL_SHARE), settled).catch((error: unknown) => {
      throw cutOff(host, error);
    });
    if (status.warnings !== "") notice(`${host.name}: ${status.warnings}`);
    if (isConfirmed(status, id) || (status.pending === id && status.phase === "activated")) return;
    const said = status.pending === id ? status.errors : `reverted while it was activated (${status.result})`;
    throw new StepError({ host: host.name, step: "activate", said });
  }

  private async probe(host: WaveHost, phase: "local" | "pair", share: number): Promise<void> {
    const probed = await host.agent.probeBy(phase, this.until(host, share)).catch((error: unknown) => {
      throw cutOff(host, error);
    });
    if (!probed.ok) throw new StepError({ host: host.name, step: `${phase} checks`, said: failedChecks(probed) });
  }

  /** The moment at which a share of the host's window has passed; unchanged hosts go by the shortest window. */
  private until(host: WaveHost, share: number): number {
    const end = this.ends.get(host.name) ?? Math.min(...this.ends.values());
    const window = host.agent.entry.window * 1000;
    return end - window * (1 - share);
  }

  private async confirm(): Promise<void> {
    const left = Math.min(
      ...this.changed.filter((h) => h.agent.connection.kind === "ssh").map((h) => this.ends.get(h.name)! - Date.now()),
    );
    if (left < CONFIRM_MARGIN) {
      await this.abandon([
        {
          host: "all hosts",
          step: "confirm",
          said: `only ${left} ms of the window were left`,
          remedy: "give the hosts a longer window",
        },
      ]);
    }
    progress(`wave ${this.wave}: confirm ${this.changed.length} hosts`);
    const { failures } = await eachHost(this.changed, "confirm", (host) => this.confirmOne(host));
    if (failures.length > 0) await this.abandon(failures);
  }

  /** Asks until the window ends: an answer may be lost although the host has confirmed, and asking twice is harmless. */
  private async confirmOne(host: WaveHost): Promise<void> {
    const { agent, id } = host;
    for (;;) {
      const answer = await agent.tryCommand(["confirm", id], { timeout: 10_000 });
      if (answer.code === 0) return;
      if (!agent.connection.unreachable(answer) || Date.now() > this.ends.get(host.name)!)
        throw agent.failed("confirm", answer);
    }
  }

  /** Takes back what can be taken back at once, waits for the timers of the rest, and says how every host ended. */
  private async abandon(failures: readonly HostFailure[]): Promise<never> {
    const armed = this.changed.filter((host) => this.ends.has(host.name));
    progress(`wave ${this.wave}: ${failures.length} failed, ${armed.length} hosts revert`);
    const { results, failures: lost } = await eachHost(armed, "revert", (host) => this.takeBack(host));
    const confirmed = [...results].filter(([, { isConfirmed }]) => isConfirmed).map(([name]) => name);
    const states = armed.flatMap((host) => results.get(host.name)?.said ?? []);
    const headline = abandonedHeadline(this.wave, armed.length, confirmed, lost.length);
    const before =
      this.before.length === 0 ? [] : [`  waves before it stay as they are deployed: ${this.before.join(", ")}`];
    throw new DeployError([headline, ...before, ...states.map((state) => `  ${state}`), "why:"].join("\n"), [
      ...failures,
      ...lost,
    ]);
  }

  private async takeBack(host: WaveHost): Promise<Ending> {
    const { agent, id, name } = host;
    const asked = await agent.tryCommand(["revert", "the deploy failed", id], { timeout: 15_000 });
    agent.expectReturn();
    if (agent.connection.unreachable(asked)) {
      const seconds = Math.max(0, Math.ceil((this.ends.get(name)! - Date.now()) / 1000));
      notice(`${name}: not reachable; it reverts by itself within ${seconds} s, waiting for that`);
    }
    const back = await agent
      .statusBy(this.ends.get(name)! + BACK_AFTER, (status) => status.pending === null)
      .catch((error: unknown) => {
        throw cutOff(host, error);
      });
    if (isConfirmed(back, id)) return { isConfirmed: true, said: `${name}: confirmed ${short(id)}` };
    const state = back.committed === "empty" ? "its original state" : short(back.committed);
    const rest = back.errors === "" ? "" : `; incomplete: ${back.errors}`;
    return { isConfirmed: false, said: `${name}: reverted, reachable, at ${state} (${shortIds(back.result)})${rest}` };
  }
}

/** How a host came out of a wave that was given up. */
interface Ending {
  readonly isConfirmed: boolean;
  readonly said: string;
}

const isConfirmed = (status: AgentStatus, id: string) => status.committed === id && status.pending === null;

/** What became of a wave that was given up: all hosts are as before, unless some were confirmed or lost. */
export function abandonedHeadline(wave: string, armed: number, confirmed: readonly string[], lost: number): string {
  if (armed > 0 && armed === confirmed.length)
    return `wave ${wave}: a step failed, but every changed host is CONFIRMED by now: deploy again`;
  const ends = [
    ...(armed === 0 ? ["nothing was changed"] : []),
    ...(confirmed.length === 0
      ? []
      : [`CONFIRMED, and therefore different now: ${confirmed.join(", ")}; deploy again`]),
    ...(lost === 0 ? [] : [`${lost} hosts did not come back`]),
  ];
  if (ends.length === 0) ends.push("every changed host is REVERTED to its old state");
  else if (armed > confirmed.length + lost) ends.push("the others are REVERTED to their old state");
  const start = confirmed.length === 0 ? "NOT confirmed, " : "NOT confirmed as a whole, but ";
  return `wave ${wave}: ${start}${ends.join("; ")}`;
}

const short = (id: string) => id.slice(0, 12);
const shortIds = (text: string) => text.replaceAll(/\b([0-9a-f]{12})[0-9a-f]+(-[0-9a-f]{12})?\b/g, "$1");

/** A host that answered before and does not now was most likely cut off by the change itself. */
function cutOff(host: WaveHost, error: unknown): Error {
  if (
    !(error instanceof StepError) ||
    !/timed out|stopped after|refused|unreachable|No route|closed|reset/i.test(error.failure.said)
  ) {
    return error instanceof Error ? error : new Error(String(error));
  }
  const address = host.agent.connection.where;
  return new StepError({
    ...error.failure,
    host: host.name,
    said: `the host could not be reached any more after the change: most likely the change cut it off (${error.failure.said.trim()})`,
    remedy: `look at what this change does to the interface and routes that SSH uses; if the host moves to another address on purpose, say so with Target.ssh({ host: "${address}", newHost: "…" })`,
  });
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

/** The report of everything, after confirmation. A value may need a moment to show, hence a second look. */
async function finalReports(hosts: readonly WaveHost[]): Promise<ReadonlyMap<string, VerifyResult>> {
  const { results, failures } = await eachHost(hosts, "verify", async ({ agent }) => {
    const first = await agent.probe("all");
    if (first.ok) return first;
    await sleep(SECOND_LOOK_AFTER);
    return agent.probe("all");
  });
  if (failures.length > 0)
    throw new DeployError("the change is confirmed, but these hosts could not be verified", failures);
  return results;
}
