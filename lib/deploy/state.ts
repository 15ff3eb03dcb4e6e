import { AGENT_VERSION, type AgentStatus, type VerifyResult } from "../contract";
import type { HostAgent } from "./agent";
import { damageOf, failedLocally } from "./drift";
import { short, shortIds } from "./ending";
import type { StepError } from "./failure";
import { checkLine } from "./report";

/** What `status` says of a host. */
export interface HostState {
  readonly lines: readonly string[];
  /** What to do about it. @default - the host is up to date */
  readonly remedy?: string;
}

const DEPLOY = "cdktf deploy, or netloom repair where Terraform has no changes";
const REPAIR = "netloom repair";

/**
 * How a host compares with the stack, and with what it is committed to. `checked` is the report of its local checks, or
 * why they could not be run.
 */
export function stateOf(
  agent: HostAgent,
  status: AgentStatus,
  checked: VerifyResult | StepError | undefined,
): HostState {
  const { word, remedy, lines = [] } = judged(agent, status, checked);
  const notes = [
    `committed ${short(status.committed)}`,
    ...(status.pending === null ? [] : [openChange(status)]),
    ...(status.agent > 0 && status.agent < AGENT_VERSION ? ["an older agent, which the next deploy replaces"] : []),
    ...(status.agent > AGENT_VERSION ? ["deployed by a newer Netloom: upgrade it here"] : []),
  ];
  const boot =
    status.bootReport === undefined || status.bootReport === "" ? "" : `; after the last boot: ${status.bootReport}`;
  const last = status.result === "" ? "" : `; last: ${shortIds(status.result)}`;
  const head = `${agent.name}: ${word} (${notes.join("; ")})${boot}${last}`;
  return { lines: [head, ...lines], ...(remedy === undefined ? {} : { remedy }) };
}

interface Judgement {
  readonly word: string;
  readonly remedy?: string;
  readonly lines?: readonly string[];
}

function judged(agent: HostAgent, status: AgentStatus, checked: VerifyResult | StepError | undefined): Judgement {
  if (status.committed === "empty") return { word: "nothing deployed", remedy: DEPLOY };
  const behind = !isOfDigest(status.committed, agent.entry.digest);
  const pending = behind ? `behind: the stack has ${short(agent.entry.digest)}, a deploy is pending` : undefined;
  const remedy = behind ? DEPLOY : REPAIR;
  const words = (word: string) => (pending === undefined ? word : `${pending}; ${word}`);
  const damage = status.pending === null ? damageOf(status) : undefined;
  if (damage !== undefined) return { word: words(damage), remedy };
  if (checked !== undefined && !("checks" in checked))
    return { word: words(`drifted: its checks cannot be run: ${checked.failure.said.split("\n")[0]}`), remedy };
  const failed = checked === undefined ? [] : failedLocally(checked);
  if (failed.length > 0) {
    const count = `${failed.length} ${failed.length === 1 ? "check is" : "checks are"} not ok`;
    return { word: words(`drifted: ${count}`), remedy, lines: failed.map(checkLine) };
  }
  if (pending !== undefined) return { word: pending, remedy };
  if (status.pending !== null) return { word: "a change is open", remedy: "wait until it is confirmed or reverted" };
  return { word: "up to date" };
}

/** A generation is named after the digest, and after the peer tables where it has some. */
function isOfDigest(id: string, digest: string): boolean {
  return id === digest || id.startsWith(`${digest}-`);
}

function openChange({ phase, pending, remaining }: AgentStatus): string {
  return phase === "reverting"
    ? `reverting ${short(pending!)}`
    : `${phase} ${short(pending!)}, reverts in ${remaining} s unless confirmed`;
}
