import { type AgentStatus, LARGEST_WINDOW } from "../contract";
import { type HostAgent, LostAnswerError, TooLateError } from "./agent";
import { StepError } from "./failure";

/** A step that has to be done when a share of the window has passed. */
export interface TimedStep {
  /** What is waited for, e.g. `the activation`. */
  readonly what: string;
  /** Seconds of the window, and those that have passed. */
  readonly window: number;
  readonly passed: number;
}

/**
 * What a step tells that got no answer in time. Whether the change has cut the host off, or our own time for the step
 * was over, is for a new connection to say.
 */
export async function lateness(agent: HostAgent, step: TimedStep, error: unknown): Promise<unknown> {
  if (!(error instanceof TooLateError) && !(error instanceof LostAnswerError)) return error;
  const heard = error instanceof TooLateError ? error.heard : undefined;
  const answers = (error instanceof TooLateError && !error.isLost) || (await agent.isReachable());
  return new StepError({
    ...(answers ? outOfTime(error, step, heard) : cutOff(agent, error, heard)),
    host: agent.name,
  });
}

function outOfTime({ failure }: StepError, { what, window, passed }: TimedStep, heard: AgentStatus | undefined) {
  const minutes = Math.ceil(Math.min(LARGEST_WINDOW, 4 * window) / 60);
  return {
    step: failure.step,
    said: `${what} had not ended after ${passed} s of the window of ${window} s, but the host answers${lastAnswer(heard)}`,
    remedy: `a longer window, as in new Deployment(stack, { window: Duration.minutes(${minutes}) }), or quicker checks`,
  };
}

function cutOff(agent: HostAgent, { failure }: StepError, heard: AgentStatus | undefined) {
  return {
    step: failure.step,
    said: `the host could not be reached any more after the change: most likely the change cut it off (${failure.said.trim()})${lastAnswer(heard)}`,
    remedy: `look at what this change does to the interface and routes that SSH uses; if the host moves to another address on purpose, say so with Target.ssh({ host: "${agent.connection.where}", newHost: "…" })`,
  };
}

export function lastAnswer(heard: AgentStatus | undefined): string {
  if (heard === undefined) return "";
  if (heard.pending === null) return `; its last answer: nothing is waiting for confirmation`;
  const errors = heard.errors === "" ? "" : `, ${heard.errors}`;
  return `; its last answer: ${heard.phase}, ${heard.remaining} s until it reverts by itself${errors}`;
}
