import { type AgentStatus, oneLine, type RunPhase, type VerifyResult } from "../contract";
import { HostAgent, LostAnswerError } from "./agent";
import { commitCommand } from "./commit";
import { secondLook } from "./drift";
import { shortIds } from "./ending";
import { DeployError, StepError } from "./failure";
import { eachHost } from "./fleet";
import { hostNamed, type StackIndex } from "./index-file";
import { result } from "./progress";
import { reportFleet } from "./report";
import { stateOf } from "./state";

function agentsOf(index: StackIndex, names: readonly string[]): HostAgent[] {
  const all = names.length > 0 ? names : [...index.hosts.keys()].sort();
  return all.map((name) => new HostAgent(hostNamed(index, name)));
}

/** Reads everything back; changes nothing. */
export async function verifyCommand(index: StackIndex, names: readonly string[], phase: RunPhase): Promise<void> {
  const agents = agentsOf(index, names);
  const { results, failures } = await eachHost(agents, "verify", async (agent): Promise<VerifyResult> => {
    await agent.locate();
    return agent.probe(phase);
  });
  if (results.size > 0) reportFleet(index, `${index.stack}: checks (${phase}) of ${results.size} hosts`, results);
  if (failures.length > 0) throw new DeployError("these hosts could not be verified", failures);
}

/** What each host runs, whether it is as that says, and what the stack has for it. Changes nothing. */
export async function statusCommand(index: StackIndex, names: readonly string[]): Promise<void> {
  const agents = agentsOf(index, names);
  const { results, failures } = await eachHost(agents, "status", async (agent) => {
    await agent.locate();
    const status = await agent.status();
    return stateOf(agent, status, await localReport(agent, status));
  });
  for (const { name } of agents) for (const line of results.get(name)?.lines ?? []) result(line);
  if (failures.length > 0) throw new DeployError("these hosts did not answer as they should", failures);
  const wanting = [...results].filter(([, { remedy }]) => remedy !== undefined);
  if (wanting.length === 0) return;
  const remedies = [...new Set(wanting.map(([, { remedy }]) => `  fix: ${remedy}`))].sort();
  throw new DeployError(
    [`${wanting.length} of ${agents.length} hosts are not as the stack says`, ...remedies].join("\n"),
  );
}

/** How the checks of what is committed end; nothing for a host without checks that can be run now. */
async function localReport(agent: HostAgent, status: AgentStatus): Promise<VerifyResult | StepError | undefined> {
  if (status.committed === "empty" || status.pending !== null) return undefined;
  return secondLook(agent, "local").catch((error: unknown) => {
    if (error instanceof StepError && !(error instanceof LostAnswerError)) return error;
    throw error;
  });
}

/** The hosts of these names get again what the stack says, under the same guard as a deploy, and so do all of their waves. */
export async function repairCommand(index: StackIndex, names: readonly string[], owner: string): Promise<void> {
  const hosts = new Set(agentsOf(index, names).map(({ name }) => name));
  for (const wave of index.waves) {
    if (wave.hosts.some((host) => hosts.has(host))) await commitCommand(index, wave.name, owner);
  }
}

/** Takes back unconfirmed changes now instead of at the end of their windows. */
export async function revertCommand(index: StackIndex, names: readonly string[]): Promise<void> {
  const agents = agentsOf(index, names);
  const { results, failures } = await eachHost(agents, "revert", (agent) =>
    agent.command(["revert", "the operator asked for it"]),
  );
  for (const [name, text] of results) result(`${name}: ${oneLine(shortIds(text), 200)}`);
  if (failures.length > 0)
    throw new DeployError("these hosts could not be reverted now; their own timers run", failures);
}
