import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { labFile, onHost } from "../e2e/harness";
import { changedFiles } from "../e2e/host-state";

/** What a host is, by kind of setting: read from the kernel and from files, never from what Netloom says. */
export type Observation = Readonly<Record<string, string>>;

const LIVE: Readonly<Record<string, string>> = {
  mtu: "cat /sys/class/net/eth0/mtu",
  addresses: "ip -o addr show scope global | awk '{print $2, $4}' | sort",
  routes:
    "{ ip route show table all; ip -6 route show table all; } | grep -v ' dev lo \\|fe80\\|ff00\\|^multicast' | sort",
  sysctls:
    "grep -r . /proc/sys/net/ipv4/tcp_* /proc/sys/net/ipv4/conf /proc/sys/net/ipv4/ip_forward 2>/dev/null | grep -v tcp_fastopen_key | sort",
  queues: "tc qdisc show dev eth0",
  peers:
    "! ip link show wg0 >/dev/null 2>&1 || { wg show wg0 public-key; wg show wg0 allowed-ips | sort; cat /sys/class/net/wg0/mtu; }",
  "file contents": "head -n 99 /etc/netloom-faults/* 2>&1",
  committed: "readlink /var/lib/netloom/committed",
  "open window": "cat /run/netloom/pending 2>/dev/null",
};
const MARK = "=== netloom-faults";

/** Bookkeeping that differs between two hosts of one generation: logs, what was staged since, and who wanted it. */
const OWN_BOOKS =
  /^(\.\/)?(var\/lib\/netloom(\/|$| )|etc\/(passwd|shells)$|usr\/local\/bin\/liar$|var\/(log|cache)\/|var\/lib\/(apt|dpkg))/;

export function observe(host: string): Observation {
  const tentative = "for _ in $(seq 50); do ip addr show tentative | grep -q tentative || break; sleep 0.1; done";
  const script = Object.entries(LIVE).map(([name, command]) => `echo '${MARK} ${name}'; ${command} || :`);
  const text = onHost(host, "sh", "-c", [tentative, ...script].join("\n"));
  const sections = text.split(new RegExp(`^${MARK} `, "m")).slice(1);
  const live = Object.fromEntries(
    sections.map((section) => {
      const end = section.indexOf("\n");
      return end < 0 ? [section.trim(), ""] : [section.slice(0, end), section.slice(end + 1).trim()];
    }),
  );
  const files = changedFiles(host)
    .split("\n")
    .filter((line) => !OWN_BOOKS.test(line.replace(/^[0-9a-f]{64} {2}/, "")));
  return { ...live, files: files.join("\n") };
}

/** How a host stands between two observations of it. */
export interface Standing {
  readonly verdict: "old" | "new" | "mixture";
  /** Of a mixture: each kind of setting that is not as it was before, and how it is. */
  readonly detail: string;
}

/** Whether a host is wholly at the one or wholly at the other. */
export function standing(now: Observation, old: Observation, fresh: Observation): Standing {
  const kinds = Object.keys(fresh);
  if (kinds.every((kind) => now[kind] === old[kind])) return { verdict: "old", detail: "" };
  if (kinds.every((kind) => now[kind] === fresh[kind])) return { verdict: "new", detail: "" };
  const words = kinds
    .filter((kind) => old[kind] !== fresh[kind] || now[kind] !== old[kind])
    .map((kind) =>
      now[kind] === fresh[kind]
        ? `${kind} new`
        : now[kind] === old[kind]
          ? `${kind} old`
          : `${kind} ${difference(now[kind]!, old[kind]!)}`,
    );
  return { verdict: "mixture", detail: words.join(", ") };
}

/** The first lines that two texts do not share. */
function difference(now: string, then: string): string {
  const [a, b] = [now.split("\n"), then.split("\n")];
  const more = a.filter((line) => !b.includes(line)).map((line) => `+${line}`);
  const less = b.filter((line) => !a.includes(line)).map((line) => `-${line}`);
  return `neither (${[...less, ...more].slice(0, 4).join(" ")})`;
}

/** A path inside a host's own mounts, readable without entering it: cheap enough to look at every few milliseconds. */
export const inside = (host: string, path: string) => join("/proc", labFile(host, "pid"), "root", path);

export function phaseOf(host: string): string {
  return readOr(inside(host, "run/netloom/phase"));
}
export function pendingOf(host: string): string {
  return readOr(inside(host, "run/netloom/pending"));
}
export function wantedOf(host: string): string {
  return readOr(inside(host, "var/lib/netloom/wanted")).split("\t")[0]!;
}
export function committedOf(host: string): string {
  try {
    return readlinkSync(inside(host, "var/lib/netloom/committed")).replace(/^gen\//, "");
  } catch {
    return "empty";
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** The processes of the deploying machine by program and a word of their command line; hosts have their own. */
export function deployers(program: string, word: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      const words = readOr(`/proc/${name}/cmdline`).split("\0");
      return words[0]!.split("/").at(-1) === program && words.some((other) => other.includes(word));
    })
    .filter(isOurs)
    .map(Number);
}

/** Processes of hosts live in mount namespaces of their own. */
function isOurs(pid: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync("/proc/self/ns/mnt");
  } catch {
    return false;
  }
}
