import { HostAgent, type VerifyResult } from "./agent";
import { DeployError } from "./failure";
import { eachHost } from "./fleet";
import { hostNamed, type StackIndex } from "./index-file";
import { result } from "./progress";
import { reportFleet } from "./report";

function agentsOf(index: StackIndex, names: readonly string[]): HostAgent[] {
  const all = names.length > 0 ? names : [...index.hosts.keys()].sort();
  return all.map((name) => new HostAgent(hostNamed(index, name)));
}

/** Reads everything back; changes nothing. */
export async function verifyCommand(
  index: StackIndex,
  names: readonly string[],
  phase: "local" | "pair" | "all" | "benchmark",
): Promise<void> {
  const agents = agentsOf(index, names);
  const { results, failures } = await eachHost(agents, "verify", async (agent): Promise<VerifyResult> => {
    await agent.locate();
    return agent.probe(phase);
  });
  if (results.size > 0) reportFleet(index, `${index.stack}: checks (${phase}) of ${results.size} hosts`, results);
  if (failures.length > 0) throw new DeployError("these hosts could not be verified", failures);
}

export async function statusCommand(index: StackIndex, names: readonly string[]): Promise<void> {
  const agents = agentsOf(index, names);
  const { results, failures } = await eachHost(agents, "status", async (agent) => {
    await agent.locate();
    return agent.status();
  });
  for (const agent of agents) {
    const status = results.get(agent.name);
    if (status === undefined) continue;
    const place = status.committed.startsWith(agent.entry.digest)
      ? "up to date"
      : status.committed === "empty"
        ? "nothing deployed"
        : "other generation";
    const open =
      status.pending === null
        ? ""
        : `; ${status.phase} ${status.pending.slice(0, 12)}, reverts in ${status.remaining} s unless confirmed`;
    result(
      `${agent.name}: ${place} (committed ${status.committed.slice(0, 12)}${open})${status.result === "" ? "" : `; last: ${status.result}`}`,
    );
  }
  if (failures.length > 0) throw new DeployError("these hosts did not answer", failures);
}

/** Takes back unconfirmed changes now instead of at the end of their windows. */
export async function revertCommand(index: StackIndex, names: readonly string[]): Promise<void> {
  const agents = agentsOf(index, names);
  const { results, failures } = await eachHost(agents, "revert", (agent) =>
    agent.command(["revert", "the operator asked for it"]),
  );
  for (const [name, text] of results) result(`${name}: ${text.trim()}`);
  if (failures.length > 0)
    throw new DeployError("these hosts could not be reverted now; their own timers run", failures);
}
