import type { AgentStatus } from "../contract";
import { StepError } from "./failure";
import { lastAnswer } from "./late";
import { REVERT_LIMIT } from "./open-window";
import { notice } from "./progress";
import type { WaveHost } from "./wave";

/** Milliseconds after the end of the window within which a host has to be back, and after each sign that it is on its way. */
const BACK_AFTER = 20_000;

/** Milliseconds that one question may take; those for a slow host are more. */
const ONE_QUESTION = 15_000;

/** How a host came out of a wave that was given up. */
export interface Ending {
  readonly isConfirmed: boolean;
  readonly said: string;
}

/**
 * Whether the host runs the generation for good. A host that had it before has been given it again, so that only its
 * last word tells how that ended.
 */
export function isConfirmed({ id, status: before }: WaveHost, now: AgentStatus): boolean {
  if (now.committed !== id || now.pending !== null) return false;
  return before.committed !== id || (!now.result.startsWith("reverted ") && now.boot === before.boot);
}

/** Why a host is back at its old state, if it is. */
export function revertReason({ status: before }: WaveHost, now: AgentStatus): string {
  if (before.boot !== "" && now.boot !== before.boot)
    return "the host was rebooted, which reverts what is not confirmed";
  if (now.result !== "") return shortIds(now.result);
  return "its agent does not say why; /var/lib/netloom/log on the host may tell";
}

/** Has the host take the change back, waits until it has, and says what it came to. `end` is when its window is over. */
export async function takeBack(host: WaveHost, end: number): Promise<Ending> {
  const { agent, id, name } = host;
  await agent.tryCommand(["revert", "the deploy failed", id], { timeout: agent.patience(ONE_QUESTION) });
  agent.expectReturn();
  const back = await whenBack(host, end);
  if (isConfirmed(host, back)) return { isConfirmed: true, said: `${name}: confirmed ${short(id)}` };
  const state = back.committed === "empty" ? "its original state" : short(back.committed);
  const rest = back.errors === "" ? "" : `; incomplete: ${back.errors}`;
  return { isConfirmed: false, said: `${name}: reverted, reachable, at ${state} (${revertReason(host, back)})${rest}` };
}

/** Waits until the window is over; for a host that reverts as long as it says so. */
async function whenBack({ agent, name }: WaveHost, end: number): Promise<AgentStatus> {
  const { clock } = agent;
  const last = clock.now() + REVERT_LIMIT;
  const told = new Set<string>();
  const tellOnce = (what: string, text: string) => {
    if (!told.has(what)) notice(`${name}: ${text}`);
    told.add(what);
  };
  let sign = end;
  let heard: AgentStatus | undefined;
  for (;;) {
    const answer = await agent.status({ timeout: agent.patience(ONE_QUESTION) }).catch((error: unknown) => {
      if (error instanceof StepError) return error;
      throw error;
    });
    const now = clock.now();
    if (answer instanceof StepError) {
      tellOnce(
        "lost",
        `no answer; it reverts by itself within ${Math.max(0, Math.ceil((end - now) / 1000))} s, waiting for that`,
      );
    } else {
      heard = answer;
      if (answer.pending === null) return answer;
      if (answer.phase === "reverting") {
        tellOnce("reverting", "is reverting, waiting for that");
        sign = Math.max(sign, Math.min(last, now));
      }
    }
    if (now >= sign + agent.patience(BACK_AFTER)) throw notBack(name, answer, heard);
    await clock.sleep(300);
  }
}

function notBack(host: string, answer: AgentStatus | StepError, heard: AgentStatus | undefined): StepError {
  if (answer instanceof StepError) {
    return new StepError({
      ...answer.failure,
      host,
      step: "revert",
      said: `did not come back (${answer.failure.said.trim()})${lastAnswer(heard)}`,
    });
  }
  return new StepError({
    host,
    step: "revert",
    said: `has not reverted${lastAnswer(heard)}`,
    remedy:
      answer.phase === "reverting"
        ? "wait until netloom status shows no open change for it, then deploy again"
        : 'run "sh /var/lib/netloom/agent revert" on the host, then deploy again',
  });
}

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

export const short = (id: string) => id.slice(0, 12);
export const shortIds = (text: string) => text.replaceAll(/\b([0-9a-f]{12})[0-9a-f]+(-[0-9a-f]{12})?\b/g, "$1");
