import type { HostEntry, SshTargetEntry, TargetEntry } from "./index-file";
import { type Finished, run, shellWord } from "./process";
import { hostKeyAlias, knownHostsFile, sshArguments, sshRemedy } from "./ssh";

export interface CallOptions {
  readonly input?: Buffer | string;
  /** Milliseconds for the whole call. @default 120000 */
  readonly timeout?: number;
  /** Connect to the address that the change moves the host to. @default false */
  readonly moved?: boolean;
  /** Connect to this address instead. The pinned host key holds wherever the host is. @default - as the target says */
  readonly address?: string;
}

/** A way to run a shell script as root on a host, or in a directory that stands for one. */
export interface Connection {
  readonly kind: TargetEntry["kind"];
  /** Runs `script` with `sh`; every call is a new connection. */
  call(script: string, options?: CallOptions): Promise<Finished>;
  /** Whether a result means that the host was not reached at all, so that trying again may help. */
  unreachable(result: Finished): boolean;
  remedy(result: Finished): string | undefined;
  /** How the host is named in messages. */
  readonly where: string;
}

const CALL_TIMEOUT = 120_000;
/** Exit status of ssh for its own errors. */
const SSH_ERROR = 255;
const CONNECT_TIMEOUT = 10;

export function connect(target: TargetEntry): Connection {
  return target.kind === "ssh" ? sshConnection(target) : directoryConnection(target.path);
}

export const connectTo = (host: HostEntry): Connection => connect(host.target);

function sshConnection(target: SshTargetEntry): Connection {
  const knownHosts = knownHostsFile(target);
  const root = (target.user ?? "root") === "root" ? "" : "sudo -n -- ";
  return {
    kind: "ssh",
    where: target.host,
    call(script, options = {}) {
      const timeout = options.timeout ?? CALL_TIMEOUT;
      const words = sshArguments(target, {
        address: options.address ?? (options.moved === true ? (target.newHost ?? target.host) : target.host),
        connectTimeout: Math.max(1, Math.min(CONNECT_TIMEOUT, Math.floor(timeout / 1000))),
        alias: hostKeyAlias(target),
        ...(knownHosts === undefined ? {} : { knownHosts }),
      });
      return run("ssh", [...words, `${root}sh -c ${shellWord(script)}`], {
        timeout,
        ...(options.input === undefined ? {} : { input: options.input }),
      });
    },
    unreachable: (result) => result.timedOut || result.code === SSH_ERROR,
    remedy: (result) => (result.code === SSH_ERROR ? sshRemedy(target, result.stderr) : undefined),
  };
}

/** The agent itself runs here, with the directory as its root and no live step. */
function directoryConnection(path: string): Connection {
  const env = { ...process.env, NETLOOM_ROOT: path, NETLOOM_STATIC: "1" };
  return {
    kind: "directory",
    where: path,
    call: (script, options = {}) =>
      run("sh", ["-c", script], {
        env,
        timeout: options.timeout ?? CALL_TIMEOUT,
        ...(options.input === undefined ? {} : { input: options.input }),
      }),
    unreachable: () => false,
    remedy: () => undefined,
  };
}
