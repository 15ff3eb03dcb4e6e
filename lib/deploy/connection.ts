import { clean, type SshTargetProps, shellWord, shortened, type TargetSpec } from "../contract";
import { afterMarker, framed, newMarker, unframed } from "./frame";
import type { HostEntry } from "./index-file";
import { type Finished, run } from "./process";
import { hostKeyAlias, knownHostsFile, sshArguments, sshRemedy } from "./ssh";

export interface CallOptions {
  readonly input?: Buffer | string;
  /** Milliseconds for the whole call. @default 120000 */
  readonly timeout?: number;
  /** Milliseconds of it until the host has taken the connection. @default 10000 */
  readonly connect?: number;
  /** Bytes of the answer after which the call is stopped. @default 262144 */
  readonly limit?: number;
  /** Connect to the address that the change moves the host to. @default false */
  readonly moved?: boolean;
  /** Connect to this address instead. The pinned host key holds wherever the host is. @default - as the target says */
  readonly address?: string;
}

/** How a call ended. Its texts are clean, and without what the login shell says beside our script. */
export interface Answer extends Finished {
  /** Whether our script ran to its end, and the answer is all that it said. */
  readonly isWhole: boolean;
}

/** A way to run a shell script as root on a host, or in a directory that stands for one. */
export interface Connection {
  readonly kind: TargetSpec["kind"];
  /** Runs `script` with `sh`; every call is a new connection. */
  call(script: string, options?: CallOptions): Promise<Answer>;
  /** Whether the answer was lost on the way, so that asking again may help. */
  unreachable(answer: Answer): boolean;
  remedy(answer: Answer): string | undefined;
  /** How the host is named in messages. */
  readonly where: string;
}

const CALL_TIMEOUT = 120_000;
const ANSWER_LIMIT = 256 << 10;
/** Exit status of ssh for its own errors. */
const SSH_ERROR = 255;
/** Milliseconds until a host has taken the connection, where it was not slow so far. */
export const CONNECT_TIMEOUT = 10_000;
/** Characters of what a login shell says in place of our answer that are worth showing. */
const FOREIGN_TEXT = 200;

export function connect(target: TargetSpec): Connection {
  return target.kind === "ssh" ? sshConnection(target) : directoryConnection(target.path);
}

export const connectTo = (host: HostEntry): Connection => connect(host.target);

function sshConnection(target: SshTargetProps): Connection {
  const knownHosts = knownHostsFile(target);
  const root = (target.user ?? "root") === "root" ? "" : "sudo -n -- ";
  return {
    kind: "ssh",
    where: target.host,
    async call(script, options = {}) {
      const { timeout, limit, input } = bounded(options);
      const words = sshArguments(target, {
        address: options.address ?? (options.moved === true ? (target.newHost ?? target.host) : target.host),
        connectTimeout: connectSeconds(timeout, options.connect),
        alias: hostKeyAlias(target),
        ...(knownHosts === undefined ? {} : { knownHosts }),
      });
      const marker = newMarker();
      const command = `${root}sh -c ${shellWord(framed(script, marker))}`;
      return answerOf(await run("ssh", [...words, command], { timeout, limit, ...input }), marker);
    },
    unreachable: (answer) => answer.stopped === "time" || answer.code === SSH_ERROR,
    remedy: (answer) => (answer.code === SSH_ERROR ? sshRemedy(target, answer.stderr) : shellRemedy(target, answer)),
  };
}

/** Whole seconds for ssh, of a call that may take `timeout` milliseconds. */
export function connectSeconds(timeout: number, connect = CONNECT_TIMEOUT): number {
  return Math.max(1, Math.floor(Math.min(connect, timeout) / 1000));
}

/** The agent itself runs here, with the directory as its root and no live step. */
function directoryConnection(path: string): Connection {
  const env = { ...process.env, NETLOOM_ROOT: path, NETLOOM_STATIC: "1" };
  return {
    kind: "directory",
    where: path,
    async call(script, options = {}) {
      const { timeout, limit, input } = bounded(options);
      const ran = await run("sh", ["-c", script], { env, timeout, limit, ...input });
      return { ...ran, stdout: clean(ran.stdout), stderr: clean(ran.stderr), isWhole: ran.stopped === undefined };
    },
    unreachable: () => false,
    remedy: () => undefined,
  };
}

function bounded({ timeout = CALL_TIMEOUT, limit = ANSWER_LIMIT, input }: CallOptions) {
  return { timeout, limit, input: input === undefined ? {} : { input } };
}

/** What our script said, out of all that came. */
export function answerOf(ran: Finished, marker: string): Answer {
  const { text, hasBegun, hasEnded } = unframed(ran.stdout, marker);
  const answer = { ...ran, stdout: clean(text), stderr: clean(afterMarker(ran.stderr, marker)), isWhole: hasEnded };
  // Whatever has another status says itself what is wrong.
  if (hasEnded || ran.code !== 0)
    return hasBegun ? answer : { ...answer, stdout: shortened(answer.stdout, FOREIGN_TEXT) };
  const said = shortened(answer.stdout.trim(), FOREIGN_TEXT);
  const what = hasBegun ? "the answer ends before its end" : "the login shell did not run our command";
  return { ...answer, code: -1, stdout: "", stderr: `${what}${said === "" ? "" : `; it printed: ${said}`}` };
}

/** What to do when the host was reached, but something else than our script answered. */
function shellRemedy(target: SshTargetProps, { isWhole, stopped, stderr }: Answer): string | undefined {
  if (isWhole) return undefined;
  const user = target.user ?? "root";
  if (stopped === "size")
    return `run "ssh ${user}@${target.host} true": if that prints without end, look at the shell of ${user} and its start-up files; else at /var/lib/netloom on the host`;
  if (/^sudo: /m.test(stderr))
    return `let ${user} use sudo without a password: "${user} ALL=(ALL) NOPASSWD: ALL" in /etc/sudoers.d`;
  if (stopped === undefined)
    return `make "ssh ${user}@${target.host} sh -c 'echo works'" print "works": look at the shell of ${user} (getent passwd ${user}), at its start-up files, and at ForceCommand in sshd_config`;
  return undefined;
}
