import { ABSENT, type AgentStatus, HostAgent } from "./agent";
import { connect } from "./connection";
import { DeployError, StepError } from "./failure";
import { absoluteTarget, type HostEntry, type TargetEntry } from "./index-file";
import { notice, progress, result } from "./progress";

/** A NixOS machine has to be built once more, without our module. */
const WITHDRAW_TIMEOUT = 30 * 60_000;

/** Milliseconds at one address before the next one is tried. */
const A_TURN = 5000;

/** What a destroyed resource still knows of its host: the index may not name it any more. */
export interface Withdrawal {
  readonly host: string;
  readonly target: TargetEntry;
  readonly digest: string;
  readonly owner: string;
  readonly window: number;
  readonly project: string;
  /** Where the stack reaches a host of this name now; undefined when it has none any more. */
  readonly current?: TargetEntry;
}

export function withdrawalFrom(
  env: NodeJS.ProcessEnv,
  project: string,
  currentTarget: (host: string) => TargetEntry | undefined,
): Withdrawal {
  const need = (name: string) => {
    const value = env[name];
    if (value !== undefined && value !== "") return value;
    throw new DeployError(`withdraw needs ${name} in the environment; Terraform's destroy provisioner sets it`);
  };
  return {
    host: need("NETLOOM_HOST"),
    target: JSON.parse(need("NETLOOM_TARGET")) as TargetEntry,
    digest: need("NETLOOM_DIGEST"),
    owner: need("NETLOOM_OWNER"),
    window: Number(env["NETLOOM_WINDOW"] ?? "120"),
    project,
    current: currentTarget(need("NETLOOM_HOST")),
  };
}

/**
 * A deploy of the empty generation, under the same guard as any other: whatever was put there is taken back, and the
 * host confirms only when a new connection still reaches it. Nothing happens when something newer is wanted there.
 */
export async function withdrawCommand(withdrawal: Withdrawal): Promise<void> {
  const agent = agentFor(withdrawal);
  await agent.locate();
  const before = await agent
    .statusBy(Date.now() + (hasMoved(withdrawal) ? 5000 : 30_000), () => true)
    .catch((error: unknown) => {
      if (!hasMoved(withdrawal)) throw unreachable(withdrawal, error);
    });
  if (before === undefined) {
    const { host, target } = withdrawal;
    return notice(
      `${host}: ${target.kind === "ssh" ? target.host : ""} does not answer, and the stack deploys ${host} elsewhere now; what may still be at the old place was left there`,
    );
  }
  if (before === ABSENT) return result(`netloom: ${withdrawal.host}: nothing of netloom is there`);
  if (before.pending !== null && before.pending !== "empty") {
    progress(`${withdrawal.host}: an unconfirmed change is open for ${before.remaining} s, waiting`);
    await agent.statusBy(Date.now() + (before.remaining + 30) * 1000, (status) => status.pending === null);
  }
  const words = ["withdraw", withdrawal.digest, withdrawal.owner, String(withdrawal.window)];
  const answer = await agent.tryCommand(words, { timeout: WITHDRAW_TIMEOUT });
  if (answer.code !== 0 && !agent.connection.unreachable(answer))
    throw new DeployError("nothing was taken back", [agent.failed("withdraw", answer).failure]);
  if (answer.stdout.includes("superseded"))
    return result(`netloom: ${withdrawal.host}: a newer generation is wanted, nothing to take back`);
  if (answer.stdout.includes("gone"))
    return result(`netloom: ${withdrawal.host}: nothing was active, the agent is removed`);
  const status = await settledAnywhere(agent, Date.now() + withdrawal.window * 1000, before.origins);
  if (status.phase !== "activated") {
    throw new DeployError(`${withdrawal.host}: the host goes back to what it was before destroy`, [
      { host: withdrawal.host, step: "withdraw", said: status.errors || status.result },
    ]);
  }
  await agent.command(["confirm", "empty"]);
  result(`netloom: ${withdrawal.host}: as it was before netloom`);
}

/** Destroy takes a host back to the addresses it had before, which need not be the one that it is deployed at. */
async function settledAnywhere(agent: HostAgent, end: number, origins: string): Promise<AgentStatus> {
  const places = [undefined, ...origins.split(",").filter((address) => address !== "")];
  const settled = (now: AgentStatus) => now.pending !== "empty" || now.phase === "activated" || now.phase === "failed";
  for (let turn = 0; ; turn++) {
    agent.elsewhere = places[turn % places.length];
    try {
      return await agent.statusBy(Math.min(end, Date.now() + A_TURN), settled);
    } catch (error) {
      if (Date.now() >= end) throw error;
    }
  }
}

function agentFor({ host, target, digest, window, project }: Withdrawal): HostAgent {
  const absolute = absoluteTarget(target, project);
  const entry: HostEntry = {
    name: host,
    path: host,
    platform: "linux",
    digest,
    wave: "",
    window,
    target: absolute,
    files: {},
    keys: [],
  };
  return new HostAgent(entry, connect(absolute));
}

/** The stack reaches the host at another address now: the old one may be nobody's, and must not block the deploy. */
function hasMoved({ target, current }: Withdrawal): boolean {
  if (target.kind !== "ssh" || current?.kind !== "ssh") return false;
  return target.host !== current.host || target.port !== current.port;
}

function unreachable({ host }: Withdrawal, error: unknown): Error {
  if (!(error instanceof StepError)) return error as Error;
  const gone = `if the machine is gone for good, take it out of the state: terraform state rm 'the address that Terraform names above'`;
  return new DeployError(`${host}: nothing was taken back, the host cannot be reached`, [
    { ...error.failure, remedy: [error.failure.remedy, gone].filter((text) => text !== undefined).join("; ") },
  ]);
}
