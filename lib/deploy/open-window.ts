import type { AgentStatus, HostAgent } from "./agent";
import { notice } from "./progress";

/** Seconds after the end of a window within which its timer has taken the change back. */
const GRACE = 30;

/**
 * Waits until an unconfirmed change that somebody else has begun is confirmed or taken back. Its own timer does that.
 * Where there is none, as in directories, or where it was killed, the change is taken back from here.
 */
export async function closeWindow(agent: HostAgent, { pending, remaining }: AgentStatus): Promise<AgentStatus> {
  const hasTimer = agent.connection.kind === "ssh";
  // In a directory the end of the window may go by the clock of a machine that has been booted since.
  const seconds = hasTimer ? remaining : Math.min(remaining, agent.entry.window);
  const what = pending === "empty" ? "it is being withdrawn" : "an earlier change was never confirmed";
  notice(`${agent.name}: ${what}; that is over, or taken back, within ${seconds} s, waiting for it`);
  const end = agent.clock.now() + (seconds + (hasTimer ? GRACE : 0)) * 1000;
  try {
    return await agent.statusBy(end, (status) => status.pending === null);
  } catch {
    await agent.command(["revert", "its window is over and its timer did not take it back", pending ?? ""]);
    return agent.status();
  }
}
