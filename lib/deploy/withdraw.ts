import { ABSENT, type AgentStatus, newsIn, rehearsedIn } from "../contract";
import { HostAgent } from "./agent";
import { type LeftMachine, leftMachines, rosterIn } from "./departed";
import { DeployError, StepError } from "./failure";
import { eachHost } from "./fleet";
import { hostNamed, type StackIndex } from "./index-file";
import { closeWindow } from "./open-window";
import { notice, progress, result } from "./progress";
import { refuseNewerAgent } from "./wave";
import { derivedWindow, REHEARSE_TIMEOUT } from "./window";

/** A NixOS machine has to be built once more, without our module. */
const WITHDRAW_TIMEOUT = 30 * 60_000;

/** Milliseconds at one address before the next one is tried. */
const A_TURN = 5000;

/** Milliseconds in which a host has to answer at first, and for one answer, which may be slow; one that has left may be switched off, which is no fault. */
const FIRST_ANSWER = 30_000;
const FIRST_ANSWER_DEPARTED = 8000;
const SLOW_ANSWER = 60_000;

/** Takes everything back from the named hosts, or from all; nothing from one that another owner has by now. */
export async function withdrawCommand(index: StackIndex, names: readonly string[], owner: string): Promise<void> {
  const all = names.length > 0 ? names : [...index.hosts.keys()].sort();
  const agents = all.map((name) => new HostAgent(hostNamed(index, name)));
  await withdrawAll(agents, async (agent) => withdraw(agent, await firstAnswer(agent, FIRST_ANSWER), owner));
}

/**
 * Takes everything back from the machines of a roster that the stack does not have any more. A machine may be gone with
 * its host, so one that does not answer is named, and does not stop those that stay.
 */
export async function departCommand(index: StackIndex, environment: NodeJS.ProcessEnv, owner: string): Promise<void> {
  const left = leftMachines(index, rosterIn(environment));
  const agents = new Map(left.map((machine) => [new HostAgent(machine.was), machine]));
  await withdrawAll([...agents.keys()], async (agent) => {
    const machine = agents.get(agent)!;
    const status = await firstAnswer(agent, FIRST_ANSWER_DEPARTED).catch((error: unknown) =>
      notice(unanswered(agent, machine, error)),
    );
    if (status === undefined) return undefined;
    const { now } = machine;
    if (now !== undefined && status !== ABSENT && (await isSameMachine(agent, new HostAgent(now)))) return undefined;
    return withdraw(agent, status, owner);
  });
}

/** Whether a host that is reached elsewhere is the machine that it was. */
async function isSameMachine(was: HostAgent, now: HostAgent): Promise<boolean> {
  await now.locate();
  const [before, after] = [await was.identity(), await now.identity()];
  return before === after;
}

async function withdrawAll(agents: readonly HostAgent[], work: (agent: HostAgent) => Promise<string | undefined>) {
  progress(`withdraw: ${agents.length} hosts`);
  const { results, failures } = await eachHost(agents, "withdraw", work);
  for (const [name, text] of [...results].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (text !== undefined) result(`netloom: ${name}: ${text}`);
  }
  const incomplete = [...results].filter(([, text]) => text?.startsWith(INCOMPLETE)).map(([name]) => name);
  if (failures.length === 0 && incomplete.length > 0)
    throw new DeployError(
      `netloom is removed from ${incomplete.sort().join(", ")}, but could not restore everything: set by hand what is listed above, then run this again`,
    );
  if (failures.length === 0) return;
  throw new DeployError(
    "these hosts keep what was deployed to them; for one that is gone for good, take it out of the stack and try again",
    failures,
  );
}

export async function firstAnswer(agent: HostAgent, within: number): Promise<AgentStatus> {
  await agent.locate();
  return agent.statusBy(agent.clock.now() + within, () => true, SLOW_ANSWER);
}

function unanswered(agent: HostAgent, { now }: LeftMachine, error: unknown): string {
  if (!(error instanceof StepError)) throw error;
  const { name, window } = agent.entry;
  return [
    now === undefined
      ? `${name} has left the stack and does not answer at ${agent.connection.where}: it keeps what was deployed to it.`
      : `${name}: nothing answers there any more, since ${now.name} is reached elsewhere. If that was another machine, it keeps what was deployed to it.`,
    `  If the machine still exists, run "sh /var/lib/netloom/agent withdraw - ${window}" there, and once you can log in again`,
    `  "sh /var/lib/netloom/agent confirm empty". Ssh said: ${error.failure.said.trim()}`,
  ].join("\n");
}

/**
 * A deploy of the empty generation, under the same guard as any other: whatever was put there is taken back, and the
 * host confirms only when a new connection still reaches it.
 */
async function withdraw(agent: HostAgent, before: AgentStatus, owner: string): Promise<string> {
  if (before === ABSENT) return "nothing of netloom is there";
  refuseNewerAgent(agent, before);
  if (before.pending !== null && before.pending !== "empty") {
    await closeWindow(agent, before);
  }
  const window = await windowOf(agent, before.committed);
  const answer = await agent.tryCommand(["withdraw", owner, String(window)], { timeout: WITHDRAW_TIMEOUT });
  if (answer.code !== 0 && !agent.connection.unreachable(answer)) throw agent.failed("withdraw", answer);
  if (answer.stdout.includes("superseded")) return "another stack has this host now, nothing to take back";
  if (/^gone$/m.test(answer.stdout)) return outcome("nothing was active, the agent is removed", answer.stdout);
  const status = await settledAnywhere(agent, agent.clock.now() + window * 1000, before.origins);
  if (status.phase !== "activated") {
    const said = status.errors || status.result;
    throw new StepError({ host: agent.name, step: "withdraw", said, remedy: "it goes back to what it was; try again" });
  }
  return outcome("as it was before netloom", await agent.command(["confirm", "empty"]));
}

/** Seconds: what the stack says, or what the host needs by how long it takes to read and check what is there. */
async function windowOf(agent: HostAgent, committed: string): Promise<number> {
  const { window, windowIsSet } = agent.entry;
  if (windowIsSet || agent.connection.kind === "directory" || committed === "empty") return window;
  const answer = await agent.tryCommand(["rehearse", committed], { timeout: REHEARSE_TIMEOUT });
  // An agent of an earlier release, or a damaged generation, can be withdrawn all the same.
  const milliseconds = answer.code === 0 ? rehearsedIn(answer.stdout) : undefined;
  return milliseconds === undefined ? window : derivedWindow(milliseconds);
}

const INCOMPLETE = "netloom is removed, but NOT everything is as it was before:";

/** What the host says about the end. Others may use packages and modules by now, so they stay; records that were damaged restore nothing. */
export function outcome(text: string, answer: string): string {
  const lost = newsIn(answer, "not restored");
  const left = [
    ...newsIn(answer, "packages left").map((names) => `packages that netloom installed, which stay: ${names}`),
    ...newsIn(answer, "modules left").map((names) => `kernel modules in use, which stay until the next boot: ${names}`),
  ];
  const rest = left.length === 0 ? "" : `, but for ${left.join(", and ")}`;
  return lost.length === 0 ? `${text}${rest}` : `${INCOMPLETE} ${lost.join("; ")}${rest}`;
}

/** Destroy takes a host back to the addresses it had before, which need not be the one that it is deployed at. */
export async function settledAnywhere(agent: HostAgent, end: number, origins: string): Promise<AgentStatus> {
  const places = [undefined, ...origins.split(",").filter((address) => address !== "")];
  const settled = (now: AgentStatus) => now.pending !== "empty" || now.phase === "activated" || now.phase === "failed";
  for (let turn = 0; ; turn++) {
    agent.elsewhere = places[turn % places.length];
    try {
      return await agent.statusBy(Math.min(end, agent.clock.now() + agent.patience(A_TURN)), settled);
    } catch (error) {
      if (agent.clock.now() >= end) throw error;
    }
  }
}
