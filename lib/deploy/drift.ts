import { type AgentStatus, type CheckResult, oneLine, type VerifyResult } from "../contract";
import { BadAgentError, type HostAgent } from "./agent";
import { short } from "./ending";

/** Milliseconds between two looks at a host whose checks are not all ok: a value may need a moment to show. */
export const SECOND_LOOK_AFTER = 2000;
/** As many failed checks are named where a host is only mentioned. */
const SHOW = 3;

/** The report of a host; of two looks the second, if the first finds something. */
export async function secondLook(agent: HostAgent, phase: "local" | "all"): Promise<VerifyResult> {
  const first = await agent.probe(phase);
  if (first.ok) return first;
  await agent.clock.sleep(SECOND_LOOK_AFTER);
  return agent.probe(phase);
}

export function failedLocally(report: VerifyResult): readonly CheckResult[] {
  return report.checks.filter(({ status, phase }) => status === "fail" && phase === "local");
}

/** What the status alone tells of a host that is not as it was committed. */
export function damageOf({ damaged = "", active, committed }: AgentStatus): string | undefined {
  if (damaged !== "") return `damaged: ${damaged}`;
  // Nothing is active in a directory, and after a boot without the boot units: there the checks tell.
  if (active !== committed && active !== "empty") return `not active: the host runs ${short(active)}`;
  return undefined;
}

/**
 * Why a host whose generation is committed is not as that says: its records are damaged, it was not activated after a
 * boot, somebody has changed something, or its checks do not run any more. Undefined if it is as it should be.
 */
export async function driftOf(agent: HostAgent, status: AgentStatus): Promise<string | undefined> {
  const damage = damageOf(status);
  if (damage !== undefined) return damage;
  const report = await secondLook(agent, "local").catch((error: unknown) => {
    // It was reached, and could not check itself.
    if (error instanceof BadAgentError) return error.failure.said;
    throw error;
  });
  if (typeof report === "string") return report;
  const failed = failedLocally(report);
  if (failed.length === 0) return undefined;
  const inactive = agent.connection.kind === "ssh" && status.active === "empty";
  return inactive ? `not active since the last boot; ${driftText(failed)}` : driftText(failed);
}

export function driftText(failed: readonly CheckResult[]): string {
  const more = failed.length - SHOW;
  const named = failed.slice(0, SHOW).map(({ kind, what, found }) => oneLine(`${kind} ${what}: found ${found}`, 200));
  return `${named.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}
