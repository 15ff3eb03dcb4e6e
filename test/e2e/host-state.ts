import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LAB, onHost } from "./harness";

/**
 * Everything about a host that a deploy could change and destroy has to put back: every file that differs from the
 * machine below the overlay, links, addresses, routes, queues, all TCP and interface sysctls, and daemons.
 */
export function hostState(host: string): string {
  const live = onHost(
    host,
    "sh",
    "-c",
    [
      // The kernel probes a new IPv6 address for a second or two, and only then routes it.
      "for _ in $(seq 50); do ip addr show tentative | grep -q tentative || break; sleep 0.1; done",
      "ip -o link show | sed 's/ qlen [0-9]*//'",
      "ip -o addr show | sed 's/ *valid_lft.*//'",
      "ip route show table all | grep -v ^multicast | sort; ip -6 route show table all | sort",
      "tc qdisc show",
      "grep -r . /proc/sys/net/ipv4/tcp_* /proc/sys/net/ipv4/conf /proc/sys/net/ipv4/ip_forward /proc/sys/net/core 2>/dev/null | grep -v tcp_fastopen_key | sort",
      "pgrep -l wireguard-go || true",
      "find /run /tmp -name '*netloom*' | sort",
    ].join("\n"),
  );
  return `${live}\n${changedFiles(host)}`;
}

/** The upper layer of the overlay: files and links by content, directories only where the machine has none. */
export function changedFiles(host: string): string {
  const upper = join(LAB, host, "up");
  const listed = spawnSync(
    "sh",
    [
      "-c",
      "cd \"$1\" && find . -type f -exec sha256sum {} + && find . -type l -printf '%p -> %l\\n' && find . -type c -print",
      "sh",
      upper,
    ],
    { encoding: "utf8" },
  ).stdout;
  const directories = spawnSync("find", [upper, "-type", "d", "-printf", "%P\n"], { encoding: "utf8" }).stdout.split(
    "\n",
  );
  return [...listed.split("\n"), ...directories.filter((path) => !existsSync(`/${path}`))].sort().join("\n");
}
