import {
  ABSENT,
  AGENT_HOME,
  type AgentCommand,
  type AgentStatus,
  ContractError,
  type RunPhase,
  reportIn,
  shellWord,
  statusIn,
  type VerifyResult,
} from "../contract";
import { type Clock, SYSTEM_CLOCK } from "./clock";
import { type Answer, CONNECT_TIMEOUT, type CallOptions, type Connection, connectTo } from "./connection";
import { StepError } from "./failure";
import type { HostEntry } from "./index-file";
import { REHEARSE_TIMEOUT } from "./window";

/** Where the agent lies on a host, below its root. */
const AGENT = `"\${NETLOOM_ROOT:-}${AGENT_HOME}/agent"`;
/** There once something was staged: without an agent, such a host has lost it. */
const STAGED = `"\${NETLOOM_ROOT:-}${AGENT_HOME}/wanted"`;
/** What a host without an agent answers to a question about its status. */
const NO_AGENT = "no agent";

const LOCATE_TIMEOUT = 8000;
/** Milliseconds in which a host that is well answers a new connection. */
const QUICK_ANSWER = 8000;
/** Bytes of a report: about 16,000 checks. */
const REPORT_LIMIT = 16 << 20;
/** Least milliseconds between two questions to a host. */
const ASK_AGAIN = 300;
/** Least and most milliseconds for one question, where there is no other patience and the host was not slow so far. */
const MIN_ANSWER = 3000;
const MOST_ANSWER = 20_000;
/** So many times as long as its slowest answer so far may the next one of a host take; a load beside ours may come and go. */
const SLOWER = 3;
/** Milliseconds after which even a slow host counts as one that does not answer. */
const LONGEST_ANSWER = 5 * 60_000;
/** Milliseconds without which a probe is not worth starting. */
const MIN_PROBE = 1500;

const NO_SPACE = /No space left on device|disk full/i;
const FREE_SPACE = 'free space on this host ("df -h /var/lib /run /etc" shows where it is full), then deploy again';

/** Addresses and public keys of hosts that come in later waves. */
export interface LaterHosts {
  readonly addresses: readonly string[];
  readonly publicKeys: readonly string[];
}

const agentScript = (words: AgentCommand) => `sh ${AGENT} ${words.map((word) => shellWord(word!)).join(" ")}`;

/** The host was reached, but its agent does not work, or says what no agent says. */
export class BadAgentError extends StepError {}

/** A host did not get to where it should be in time. */
export class TooLateError extends StepError {
  /** What it said last. @default - nothing that can be used */
  readonly heard: AgentStatus | undefined;
  /** Whether the last attempt got no answer, be it that the host was not reached or that our time for it was over. */
  readonly isLost: boolean;

  constructor(failure: StepError["failure"], heard: AgentStatus | undefined, isLost: boolean) {
    super(failure);
    this.heard = heard;
    this.isLost = isLost;
  }
}

/** A step that failed because no answer came. */
export class LostAnswerError extends StepError {}

/** One host, as the steps of a deploy see it. */
export class HostAgent {
  readonly name: string;
  readonly entry: HostEntry;
  readonly connection: Connection;
  readonly clock: Clock;
  /** From activation on, hosts that move are looked for at their new address. */
  moved = false;
  /** An address to try instead of those of the target. */
  elsewhere: string | undefined;
  /** Where the host was found before any change; a revert brings it back there. */
  private found = false;
  /** Milliseconds of its slowest answer about its status. One that we gave up took at least as long as we waited. */
  private slowest = 0;
  /** Set for probes: what cannot be proved before the hosts of later waves are there. */
  later: LaterHosts = { addresses: [], publicKeys: [] };

  constructor(entry: HostEntry, connection: Connection = connectTo(entry), clock: Clock = SYSTEM_CLOCK) {
    this.entry = entry;
    this.name = entry.name;
    this.connection = connection;
    this.clock = clock;
  }

  /** A host that moves is either where it was or, when an earlier deploy has moved it, where it goes. */
  async locate(): Promise<void> {
    if (this.entry.target.kind !== "ssh" || this.entry.target.newHost === undefined) return;
    const answer = await this.connection.call("true", { timeout: LOCATE_TIMEOUT });
    this.found = this.connection.unreachable(answer);
    this.moved = this.found;
  }

  /** After activation. */
  expectMove(): void {
    this.moved = this.entry.target.kind === "ssh" && this.entry.target.newHost !== undefined;
  }

  /** After a revert. */
  expectReturn(): void {
    this.moved = this.found;
  }

  /**
   * What tells this machine from others, however it is reached. Copies of an image may share their machine-id, and
   * containers the boot id of their kernel.
   */
  async identity(): Promise<string> {
    const { target } = this.entry;
    if (target.kind === "directory") return target.path;
    return this.scriptOrFail("identify", "cat /proc/sys/kernel/random/boot_id /etc/machine-id 2>/dev/null || :");
  }

  /** Whether a new connection works. Says nothing about the agent. */
  async isReachable(): Promise<boolean> {
    return !this.connection.unreachable(await this.script("true", { timeout: this.patience(QUICK_ANSWER) }));
  }

  /** Milliseconds for one question that usually may take `usual`: more on a host that has shown to be slow. */
  patience(usual: number): number {
    return Math.max(usual, Math.min(LONGEST_ANSWER, SLOWER * this.slowest));
  }

  /** Runs one agent command; a status other than 0 is a {@link StepError}. */
  command(words: AgentCommand, options: CallOptions = {}): Promise<string> {
    return this.scriptOrFail(words[0], agentScript(words), options);
  }

  async scriptOrFail(step: string, script: string, options: CallOptions = {}): Promise<string> {
    const answer = await this.script(script, options);
    if (answer.code !== 0) throw this.failed(step, answer);
    return answer.stdout;
  }

  tryCommand(words: AgentCommand, options: CallOptions = {}): Promise<Answer> {
    return this.script(agentScript(words), options);
  }

  script(script: string, options: CallOptions = {}): Promise<Answer> {
    const connect = this.patience(CONNECT_TIMEOUT);
    return this.connection.call(script, { moved: this.moved, address: this.elsewhere, connect, ...options });
  }

  failed(step: string, answer: Answer): StepError {
    const { text, advice } = withoutAdvice(answer.stderr);
    const remedy = this.connection.remedy(answer) ?? advice ?? (NO_SPACE.test(text) ? FREE_SPACE : undefined);
    const words = [text.trim(), answer.stdout.trim()].filter((said) => said !== "");
    const failure = {
      host: this.name,
      step,
      said: words.length === 0 ? `ended with status ${answer.code}` : words.join("\n"),
      ...(remedy === undefined ? {} : { remedy }),
    };
    return this.connection.unreachable(answer) ? new LostAnswerError(failure) : new StepError(failure);
  }

  async status(options: CallOptions = {}): Promise<AgentStatus> {
    const asked = this.clock.now();
    const answer = await this.script(
      `if [ -f ${AGENT} ] || [ -e ${STAGED} ]; then sh ${AGENT} status; else echo ${NO_AGENT}; fi`,
      options,
    );
    if (answer.isWhole || answer.stopped === "time") this.slowest = Math.max(this.slowest, this.clock.now() - asked);
    if (answer.code !== 0 && !answer.isWhole) throw this.failed("status", answer);
    if (answer.stdout.trim() === NO_AGENT) return ABSENT;
    if (answer.code !== 0) throw this.badAgent("status", this.failed("status", answer).failure.said);
    return this.understood("status", () => statusIn(answer.stdout));
  }

  /** Status by the text of our own agent, where that of the host does not work. It counts as not staged, so that it is replaced. */
  async statusByOwnAgent(text: Buffer, options: CallOptions = {}): Promise<AgentStatus> {
    const answer = await this.scriptOrFail("status", "sh -s -- status", { ...options, input: text });
    return { ...this.understood("status", () => statusIn(answer)), wanted: "" };
  }

  private understood<T>(step: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof ContractError) throw this.badAgent(step, `the answer cannot be used: ${error.message}`);
      throw error;
    }
  }

  private badAgent(step: string, said: string): BadAgentError {
    const remedy = `delete ${AGENT_HOME}/agent on this host and deploy again, which installs it anew`;
    return new BadAgentError({ host: this.name, step, said, remedy });
  }

  /**
   * Status by a fresh connection, tried again until `deadline`: the change may be under way, or the host cut off.
   * `patience` is the least that one attempt is given, in milliseconds, where a slow host harms nobody. Throws
   * {@link TooLateError} with what was heard last.
   */
  async statusBy(deadline: number, good: (status: AgentStatus) => boolean, patience = 0): Promise<AgentStatus> {
    let heard: AgentStatus | undefined;
    for (;;) {
      const asked = this.clock.now();
      const left = Math.min(this.patience(MOST_ANSWER), deadline - this.clock.now());
      const answer = await this.status({ timeout: Math.max(MIN_ANSWER, patience, left) }).catch(stepErrorOrThrow);
      if (!(answer instanceof StepError)) {
        heard = answer;
        if (good(answer)) return answer;
      }
      await this.pause(answer, asked, deadline);
      if (this.clock.now() < deadline) continue;
      if (answer instanceof BadAgentError) throw answer;
      const isLost = answer instanceof StepError;
      throw new TooLateError(isLost ? answer.failure : this.notThere(answer), heard, isLost);
    }
  }

  /**
   * Leaves a host alone for as long as its answer took: on a slow one, questions slow down what they ask for. Once more
   * before the deadline it is asked in any case, and soon if there was no answer.
   */
  private async pause(answer: unknown, asked: number, deadline: number): Promise<void> {
    const now = this.clock.now();
    const took = answer instanceof StepError ? 0 : now - asked;
    await this.clock.sleep(Math.max(ASK_AGAIN, Math.min(took, deadline - now - took)));
  }

  private notThere(status: AgentStatus): StepError["failure"] {
    const said = [status.errors, status.result].find((text) => text !== "") ?? "";
    return { host: this.name, step: status.phase || "status", said };
  }

  /** Runs checks once. Outside of a window, where nobody is in a hurry, they may take as long as in a rehearsal. */
  async probe(phase: RunPhase, options: CallOptions = {}): Promise<VerifyResult> {
    const { addresses, publicKeys } = this.later;
    const later = [...addresses, ...publicKeys].join(" ");
    const script = `NETLOOM_LATER=${shellWord(later)} ${agentScript(["probe", "--phase", phase, "--json"])}`;
    const answer = await this.script(script, { limit: REPORT_LIMIT, timeout: REHEARSE_TIMEOUT, ...options });
    // Checks that are not ok end with status 1, and so does an agent that has no checks.
    if (answer.stopped !== undefined || !answer.isWhole || !answer.stdout.trim().startsWith("{"))
      throw this.failed(`probe ${phase}`, answer);
    return this.understood(`probe ${phase}`, () => reportIn(answer.stdout));
  }

  /**
   * Repeats a probe until everything is ok or `deadline` is near; a lost connection counts as "not yet". What the host
   * said last is the answer, even if a later attempt could not reach it any more.
   */
  async probeBy(phase: "local" | "pair" | "all", deadline: number): Promise<VerifyResult> {
    let heard: VerifyResult | undefined;
    for (;;) {
      const asked = this.clock.now();
      const timeout = Math.max(MIN_PROBE, deadline - this.clock.now());
      const answer = await this.probe(phase, { timeout }).catch(stepErrorOrThrow);
      if (!(answer instanceof StepError)) heard = answer;
      if (heard?.ok === true) return heard;
      if (this.clock.now() + MIN_PROBE > deadline) {
        if (heard !== undefined) return heard;
        throw answer;
      }
      await this.pause(answer, asked, deadline);
    }
  }
}

function stepErrorOrThrow(error: unknown): StepError {
  if (error instanceof StepError) return error;
  throw error;
}

/** The agent puts what to do on a line of its own. */
function withoutAdvice(errors: string): { readonly text: string; readonly advice: string | undefined } {
  const advice = /^(?:do|fix): (.+)$/m.exec(errors);
  return { text: advice === null ? errors : errors.replace(advice[0], ""), advice: advice?.[1] };
}
