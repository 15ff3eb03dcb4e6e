import type { AgentCommand, AgentStatus } from "../contract";
import { type HostAgent, TooLateError } from "./agent";
import { notice } from "./progress";

/** Seconds after the end of a window within which its timer has reverted the change. */
const GRACE = 30;
/** Milliseconds for a revert that is under way; a NixOS system may have to be switched back. */
export const REVERT_LIMIT = 15 * 60_000;

const isClosed = (status: AgentStatus) => status.pending === null;

/**
 * Waits until an unconfirmed change that somebody else has begun is confirmed or reverted. Its own timer does that. Where
 * there is none, as in directories, or where it was killed, the change is reverted from here.
 */
export async function closeWindow(agent: HostAgent, { pending, remaining }: AgentStatus): Promise<AgentStatus> {
  const hasTimer = agent.connection.kind === "ssh";
  // In a directory the end of the window may go by the clock of a machine that has been booted since.
  const seconds = hasTimer ? remaining : Math.min(remaining, agent.entry.window);
  const what = pending === "empty" ? "it is being withdrawn" : "an earlier change was never confirmed";
  const now = `node deploy.cjs revert ${agent.name}`;
  notice(`${agent.name}: ${what}; waiting until that ends or reverts, within ${seconds} s ("${now}" reverts it now)`);
  const end = agent.clock.now() + (seconds + (hasTimer ? GRACE : 0)) * 1000;
  try {
    return await agent.statusBy(end, isClosed);
  } catch (error) {
    if (!(error instanceof TooLateError)) throw error;
    if (error.heard?.phase === "reverting") {
      notice(`${agent.name}: is still reverting, waiting for that`);
      return agent.statusBy(agent.clock.now() + REVERT_LIMIT, isClosed);
    }
    const words: AgentCommand = ["revert", "its window is over and its timer did not revert it", pending ?? ""];
    await agent.command(words, { timeout: REVERT_LIMIT });
    return agent.status();
  }
}
