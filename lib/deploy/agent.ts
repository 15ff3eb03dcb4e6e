import { type CallOptions, type Connection, connectTo } from "./connection";
import { StepError } from "./failure";
import type { HostEntry } from "./index-file";
import { type Finished, shellWord, sleep } from "./process";

/** Where the agent lies on a host, below its root. */
const AGENT = '"${NETLOOM_ROOT:-}/var/lib/netloom/agent"';

const LOCATE_TIMEOUT = 8000;

/** What `agent status` says. `absent` stands for a host without an agent. */
export interface AgentStatus {
  readonly committed: string;
  readonly active: string;
  readonly pending: string | null;
  readonly phase: "" | "armed" | "activating" | "activated" | "failed" | "reverting";
  readonly remaining: number;
  readonly result: string;
  readonly errors: string;
  readonly warnings: string;
  readonly wanted: string;
  /** Who wants it: the id of a Terraform resource, or `-`. */
  readonly owner: string;
  /** Addresses, comma separated, that links had before netloom first set theirs. */
  readonly origins: string;
  readonly boot: string;
}

export const ABSENT: AgentStatus = {
  committed: "empty",
  active: "empty",
  pending: null,
  phase: "",
  remaining: 0,
  result: "",
  errors: "",
  warnings: "",
  wanted: "",
  owner: "",
  origins: "",
  boot: "",
};

/** Addresses and public keys of hosts that come in later waves. */
export interface LaterHosts {
  readonly addresses: readonly string[];
  readonly publicKeys: readonly string[];
}

/** One check of a verify report. */
export interface CheckResult {
  readonly status: "ok" | "fail" | "skip";
  readonly kind: string;
  readonly phase: string;
  readonly construct: string;
  readonly because: string;
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

export interface VerifyResult {
  readonly host: string;
  readonly phase: string;
  readonly ok: boolean;
  readonly checks: readonly CheckResult[];
}

const agentScript = (words: readonly string[]) => `sh ${AGENT} ${words.map(shellWord).join(" ")}`;

/** One host, as the steps of a deploy see it. */
export class HostAgent {
  readonly name: string;
  readonly entry: HostEntry;
  readonly connection: Connection;
  /** From activation on, hosts that move are looked for at their new address. */
  moved = false;
  /** An address to try instead of those of the target. */
  elsewhere: string | undefined;
  /** Where the host was found before any change; a revert brings it back there. */
  private found = false;
  /** Set for probes: what cannot be proved before the hosts of later waves are there. */
  later: LaterHosts = { addresses: [], publicKeys: [] };

  constructor(entry: HostEntry, connection: Connection = connectTo(entry)) {
    this.entry = entry;
    this.name = entry.name;
    this.connection = connection;
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

  /** Runs one agent command; a status other than 0 is a {@link StepError}. */
  command(words: readonly string[], options: CallOptions = {}): Promise<string> {
    return this.scriptOrFail(words[0] ?? "", agentScript(words), options);
  }

  async scriptOrFail(step: string, script: string, options: CallOptions = {}): Promise<string> {
    const result = await this.script(script, options);
    if (result.code !== 0) throw this.failed(step, result);
    return result.stdout;
  }

  tryCommand(words: readonly string[], options: CallOptions = {}): Promise<Finished> {
    return this.script(agentScript(words), options);
  }

  script(script: string, options: CallOptions = {}): Promise<Finished> {
    return this.connection.call(script, { moved: this.moved, address: this.elsewhere, ...options });
  }

  failed(step: string, result: Finished): StepError {
    const remedy = this.connection.remedy(result);
    const said = [result.stderr.trim(), result.stdout.trim()].filter((text) => text !== "").join("\n");
    return new StepError({
      host: this.name,
      step,
      said: said === "" ? `ended with status ${result.code}` : said,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }

  async status(options: CallOptions = {}): Promise<AgentStatus> {
    const result = await this.script(`[ ! -f ${AGENT} ] || sh ${AGENT} status`, options);
    if (result.code !== 0) throw this.failed("status", result);
    return result.stdout.trim() === "" ? ABSENT : (JSON.parse(result.stdout) as AgentStatus);
  }

  /**
   * Status by a fresh connection, tried again until `deadline`: the change may be under way, or the host cut off.
   * `patience` is the least that one attempt is given, in milliseconds, where a slow host harms nobody.
   */
  async statusBy(deadline: number, good: (status: AgentStatus) => boolean, patience = 0): Promise<AgentStatus> {
    let last: unknown;
    do {
      try {
        const status = await this.status({ timeout: Math.max(3000, patience, deadline - Date.now()) });
        if (good(status)) return status;
        last = new StepError({ host: this.name, step: status.phase || "status", said: status.errors || status.result });
      } catch (error) {
        last = error;
      }
      await sleep(300);
    } while (Date.now() < deadline);
    throw last;
  }

  async probe(phase: "local" | "pair" | "all" | "benchmark", options: CallOptions = {}): Promise<VerifyResult> {
    const { addresses, publicKeys } = this.later;
    const later = [...addresses, ...publicKeys].join(" ");
    const script = `NETLOOM_LATER=${shellWord(later)} ${agentScript(["probe", "--json", "--phase", phase])}`;
    const result = await this.script(script, options);
    try {
      return JSON.parse(result.stdout) as VerifyResult;
    } catch {
      throw this.failed(`probe ${phase}`, result);
    }
  }

  /**
   * Repeats a probe until everything is ok or `deadline` is near; a lost connection counts as "not yet". What the host
   * said last is the answer, even if a later attempt could not reach it any more.
   */
  async probeBy(phase: "local" | "pair" | "all", deadline: number): Promise<VerifyResult> {
    let heard: VerifyResult | undefined;
    for (;;) {
      const timeout = Math.max(MIN_PROBE, deadline - Date.now());
      const answer = await this.probe(phase, { timeout }).catch((error: unknown) => error as Error);
      if (!(answer instanceof Error)) heard = answer;
      if (heard?.ok === true) return heard;
      if (Date.now() + MIN_PROBE > deadline) {
        if (heard !== undefined) return heard;
        throw answer;
      }
      await sleep(300);
    }
  }
}

/** Milliseconds without which a probe is not worth starting. */
const MIN_PROBE = 1500;
