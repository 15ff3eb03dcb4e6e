import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SshTargetProps } from "../contract";
import { DeployError } from "./failure";

/** Seconds without a sign of life after which a connection counts as lost: 3 × 5 s. Steps inside a window have limits of their own. */
const ALIVE_INTERVAL = 5;
const ALIVE_COUNT = 3;

export interface SshOptions {
  /** Address to connect to; a change may have moved the host to its `newHost`. */
  readonly address: string;
  /** Seconds for the TCP and key exchange. */
  readonly connectTimeout: number;
  /** File with the pinned host key, when the target has one. */
  readonly knownHosts?: string;
  readonly alias: string;
}

/**
 * The words for `ssh`, without the remote command. Never interactive, never over a shared connection: a probe that
 * rides on an old connection would prove nothing. Unknown host keys are refused.
 */
export function sshArguments(target: SshTargetProps, options: SshOptions): string[] {
  const args = ["-T", "-p", String(target.port ?? 22), "-l", target.user ?? "root"];
  const set = (name: string, value: string | number) => args.push("-o", `${name}=${value}`);
  set("BatchMode", "yes");
  set("ControlMaster", "no");
  set("ControlPath", "none");
  set("ConnectTimeout", options.connectTimeout);
  set("ServerAliveInterval", ALIVE_INTERVAL);
  set("ServerAliveCountMax", ALIVE_COUNT);
  set("StrictHostKeyChecking", "yes");
  set("LogLevel", "ERROR");
  if (target.hostKey !== undefined && options.knownHosts !== undefined) {
    set("HostKeyAlias", options.alias);
    set("UserKnownHostsFile", quoted(options.knownHosts));
    set("GlobalKnownHostsFile", "/dev/null");
    set("HostKeyAlgorithms", hostKeyAlgorithms(target.hostKey));
  }
  if (target.identityFile !== undefined) {
    // Not -i, which looks for the file before it expands the path, and leaves out what it does not find.
    set("IdentityFile", quoted(target.identityFile));
    set("IdentitiesOnly", "yes");
  }
  if (target.proxyJump !== undefined) args.push("-J", target.proxyJump);
  args.push("--", options.address);
  return args;
}

/** `path` as one value of an option: `ssh` splits those at blanks. */
function quoted(path: string): string {
  const text = literalPath(path);
  return /^[\w./@:+,%=~-]*$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** `path` without anything that `ssh` expands. It has no way to write `${`. */
function literalPath(path: string): string {
  if (path.includes("${"))
    throw new DeployError(`ssh would expand \${…} in the path ${path}: use a directory without it in its name`);
  return path.replaceAll("%", "%%");
}

/** Only signatures that the pinned key can make; servers offer all their keys, and another one would be "changed". */
function hostKeyAlgorithms(hostKey: string): string {
  const type = hostKey.split(/\s+/)[0]!;
  return type === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : type;
}

/**
 * The name under which a pinned key is filed; independent of the address that a change moves the host to. Two machines
 * never share one: what stands for `:` and `%` of an IPv6 address is in no host name.
 */
export function hostKeyAlias(target: SshTargetProps): string {
  return `netloom-${target.host.replaceAll(":", "+").replaceAll("%", "=")}-${target.port ?? 22}`;
}

let scratch: string | undefined;

/** Writes a pinned key to a file of this process. */
export function knownHostsFile(target: SshTargetProps): string | undefined {
  if (target.hostKey === undefined) return undefined;
  if (scratch === undefined) {
    const directory = mkdtempSync(join(scratchPlace(), "netloom-"));
    scratch = directory;
    process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  }
  const file = join(scratch, hostKeyAlias(target));
  const [type, key] = target.hostKey.trim().split(/\s+/);
  writeFileSync(file, `${hostKeyAlias(target)} ${type} ${key}\n`, { mode: 0o600 });
  return file;
}

/** Old releases of ssh neither split nor expand the path of a known_hosts file, newer ones do: plain paths suit all of them. */
function scratchPlace(): string {
  const usual = tmpdir();
  return PLAIN.test(usual) || !existsSync("/tmp") ? usual : "/tmp";
}

const PLAIN = /^[\w./@:+,=-]+$/;

/** What to do about an error of ssh itself; undefined when its words are enough. */
export function sshRemedy(target: SshTargetProps, stderr: string): string | undefined {
  const where = `${target.host}${target.port === undefined || target.port === 22 ? "" : ` port ${target.port}`}`;
  if (/Host key verification failed|host key is known/i.test(stderr)) {
    return target.hostKey === undefined
      ? `this machine does not know the host key of ${where}: pin it with Target.ssh({ hostKey: "ssh-ed25519 …" }) (see /etc/ssh/ssh_host_ed25519_key.pub on the host), or add it to known_hosts`
      : `the host at ${where} has another key than the one pinned with hostKey: make sure that it is the right machine before you change the pin`;
  }
  if (/Permission denied/i.test(stderr)) {
    return `the host refuses this login (user ${target.user ?? "root"}): name the right identityFile, or put the public key into its authorized_keys`;
  }
  if (/timed out|refused|No route|Could not resolve|unreachable|reset|closed/i.test(stderr)) {
    return `make sure that ${where} is up, reachable from here, and runs sshd; then deploy again`;
  }
  // At this log level ssh says nothing about a connection that it gave up.
  if (stderr.trim() === "")
    return `the connection to ${where} was lost: make sure that the host is well, then deploy again`;
  return undefined;
}
