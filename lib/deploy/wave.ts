import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_VERSION, type AgentStatus, hostPlace, parsePlan } from "../contract";
import { BadAgentError, HostAgent, type LaterHosts, LostAnswerError } from "./agent";
import { collectKeys } from "./collect";
import { DeployError, StepError } from "./failure";
import { eachHost, type Outcome } from "./fleet";
import { generationId, peerTables } from "./generation";
import { hostNamed, type StackIndex } from "./index-file";
import { meshSecret } from "./keys";
import { closeWindow } from "./open-window";
import { notice, progress } from "./progress";
import { ANYBODY, stage, tellPackages } from "./stage";
import { fillTable, membersOf, withPresharedKeys } from "./table";

/** A host of the wave with what it shall become. */
export interface WaveHost {
  readonly name: string;
  readonly agent: HostAgent;
  /** Peer tables with all keys in place. */
  readonly tables: ReadonlyMap<string, string>;
  /** The generation to confirm. */
  readonly id: string;
  readonly status: AgentStatus;
}

/** Milliseconds in which a host has to answer at first; it may just be coming back from a revert. */
const FIRST_ANSWER = 30_000;

/** Everything up to the first change: statuses, missing generations, keys, tables. Fails without having changed anything. */
export async function prepareWave(index: StackIndex, wave: string, owner: string): Promise<WaveHost[]> {
  const names = waveNamed(index, wave);
  const agents = names.map((name) => new HostAgent(hostNamed(index, name)));
  const statuses = await ask(index, agents);
  const unstaged = agents.filter((agent) => mustBeStaged(statuses.get(agent.name)!, agent.entry.digest, owner));
  progress(`wave ${wave}: staging on ${unstaged.length} of ${agents.length} hosts`);
  const staging = await eachHost(unstaged, "stage", (agent) => stage(index, agent, owner));
  // Before a failure is told: packages stay on the hosts that got theirs.
  tellPackages(unstaged, staging.results);
  orFail("no setting was changed: the generation could not be staged", staging);
  const tables = new Map(agents.map((agent) => [agent.name, peerTables(index.directory, agent.entry)]));
  const needed = [...tables.values()].flatMap((own) => [...own.values()].flatMap(membersOf));
  const keys = await collectKeys(index, agents, [...new Set(needed)].sort());
  const later = laterHosts(index, wave, keys);
  return agents.map((agent) => {
    agent.later = later;
    const filled = fillTables(index, agent, tables.get(agent.name)!, keys);
    return {
      name: agent.name,
      agent,
      tables: filled,
      id: generationId(agent.entry.digest, filled),
      status: statuses.get(agent.name)!,
    };
  });
}

function waveNamed(index: StackIndex, name: string): readonly string[] {
  const wave = index.waves.find((candidate) => candidate.name === name);
  if (wave !== undefined) return wave.hosts;
  throw new DeployError(`there is no wave '${name}'; this stack has: ${index.waves.map((w) => w.name).join(", ")}`);
}

/** What is damaged, and an agent of an earlier release, is replaced, also where the generation is there already. */
function mustBeStaged(status: AgentStatus, digest: string, owner: string): boolean {
  const { wanted, damaged = "", agent } = status;
  return wanted !== digest || damaged !== "" || agent < AGENT_VERSION || (owner !== ANYBODY && status.owner !== owner);
}

async function ask(index: StackIndex, agents: readonly HostAgent[]): Promise<ReadonlyMap<string, AgentStatus>> {
  const answers = await eachHost(agents, "connect", async (agent) => {
    await agent.locate();
    const status = await firstStatus(index, agent);
    refuseNewerAgent(agent, status);
    // A withdrawal takes along whatever is staged before it ends.
    return status.pending === "empty" ? closeWindow(agent, status) : status;
  });
  return orFail("no change was made: these hosts do not answer as they should", answers);
}

async function firstStatus(index: StackIndex, agent: HostAgent): Promise<AgentStatus> {
  try {
    return await agent.status({ timeout: 2 * FIRST_ANSWER });
  } catch (error) {
    if (error instanceof BadAgentError) {
      const status = await agent.statusByOwnAgent(readFileSync(join(index.directory, "agent.sh")));
      notice(`${agent.name}: its agent does not work, and is installed again (${error.failure.said})`);
      return status;
    }
    // A host that answers something else will not think better of it.
    if (!(error instanceof LostAnswerError)) throw error;
    return agent.statusBy(agent.clock.now() + FIRST_ANSWER, () => true, 2 * FIRST_ANSWER);
  }
}

/** What a newer agent does, and what its host has, is not for this runner to judge. */
export function refuseNewerAgent(agent: HostAgent, status: AgentStatus): void {
  if (status.agent <= AGENT_VERSION) return;
  throw new StepError({
    host: agent.name,
    step: "agent",
    said: `this host was deployed by a newer Netloom: its agent has version ${status.agent}, and this one knows ${AGENT_VERSION} and older ones`,
    remedy: "upgrade Netloom on the machine that deploys (npm install netloom@latest), synthesize and deploy again",
  });
}

function orFail<R>(headline: string, { results, failures }: Outcome<R>) {
  if (failures.length > 0) throw new DeployError(headline, failures);
  return results;
}

function fillTables(
  index: StackIndex,
  agent: HostAgent,
  tables: ReadonlyMap<string, string>,
  keys: ReadonlyMap<string, string>,
) {
  const filled = new Map<string, string>();
  for (const [name, text] of tables) {
    let table = fillTable(text, keys);
    for (const key of agent.entry.keys) {
      const secret = index.presharedKeys.get(key.mesh);
      if (secret === undefined || !isTableOf(text, key.mesh)) continue;
      table = withPresharedKeys(table, keys.get(`${key.mesh}/${key.member}`)!, meshSecret(secret));
    }
    filled.set(name, table);
  }
  return filled;
}

function isTableOf(table: string, mesh: string): boolean {
  return membersOf(table).some((member) => member.startsWith(`${mesh}/`));
}

/**
 * An earlier run that died may have left a window open. One for the same generation is taken over; another one is
 * waited for: its own timer closes it.
 */
export async function waitForOpenWindows(hosts: readonly WaveHost[]): Promise<void> {
  const busy = hosts.filter(
    ({ status, id }) => status.pending !== null && !(status.pending === id && canResume(status)),
  );
  const { failures } = await eachHost(busy, "wait", ({ agent, status }) => closeWindow(agent, status));
  if (failures.length > 0) throw new DeployError("no change was made: an earlier change is still open", failures);
}

const canResume = (status: AgentStatus) => ["armed", "activating", "activated"].includes(status.phase);

/** What checks may leave out because it belongs to a host of a later wave. */
function laterHosts(index: StackIndex, wave: string, keys: ReadonlyMap<string, string>): LaterHosts {
  const position = index.waves.findIndex(({ name }) => name === wave);
  const names = index.waves.slice(position + 1).flatMap(({ hosts }) => hosts);
  const entries = names.flatMap((name) => index.hosts.get(name) ?? []);
  if (entries.length > 0)
    progress(`${entries.length} hosts come in later waves; checks that need them are left to those`);
  return {
    addresses: names.flatMap((name) =>
      addressesInPlan(readFileSync(join(index.directory, hostPlace(name, "plan")), "utf8")),
    ),
    publicKeys: entries.flatMap((host) => host.keys.flatMap((key) => keys.get(`${key.mesh}/${key.member}`) ?? [])),
  };
}

export function addressesInPlan(plan: string): string[] {
  return parsePlan(plan).flatMap((line) => {
    const list = line[0] === "addresses" ? line[2] : line[0] === "wireguard" ? line[6] : "";
    return list
      .split(",")
      .filter((cidr) => cidr !== "")
      .map((cidr) => cidr.split("/")[0]!);
  });
}
