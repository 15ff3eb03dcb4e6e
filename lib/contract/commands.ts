import type { Words } from "./words";

/** The newest contract between runner and agent; the agent's own is the number behind its `AGENT_VERSION`. */
export const AGENT_VERSION = 2;

/** What others ask the agent for. */
export const AGENT_COMMANDS = [
  "stage DIGEST OWNER DIR",
  "key SLOT",
  "key-put SLOT",
  "fill DIGEST ID",
  "rehearse ID",
  "arm ID SECONDS",
  "activate ID",
  "status",
  "probe [--phase P] [--json]",
  "confirm ID",
  "revert [REASON] [ID]",
  "withdraw OWNER SECONDS",
  "boot",
  "live",
] as const;

/** The words of a command. */
export type AgentCommand = Words<(typeof AGENT_COMMANDS)[number]>;

/** Lines of answers that name something, by the words before the colon. */
export const NEWS = [
  "packages installed",
  "packages needed",
  "packages left",
  "modules left",
  "not restored",
  "nixos warning",
] as const;
export type News = (typeof NEWS)[number];

/** What an answer names in its lines of this kind. */
export function newsIn(answer: string, news: News): readonly string[] {
  return [...answer.matchAll(new RegExp(`^${news}: (.*)$`, "gm"))].map(([, text]) => text!);
}

/** The milliseconds in the answer to `rehearse`. */
export function rehearsedIn(answer: string): number | undefined {
  const digits = /^rehearsed ([0-9]{1,9})$/m.exec(answer)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The public key in the answer to `key`, and whether the host has just made it. */
export function keyIn(answer: string): { readonly public: string; readonly made: boolean } | undefined {
  const [, how, key] = /^(made|kept) ([A-Za-z0-9+/]{43}=)\s*$/m.exec(answer) ?? [];
  return key === undefined ? undefined : { public: key, made: how === "made" };
}
