import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { Topology, WireGuardMesh } from "../../lib";
import { synthToFiles } from "../../lib/testing";
import { labHosts } from "../support/lab";
import { scratchDirectory } from "../support/output";
import { itWith, ROOT } from "../support/tools";

const because = "the test wants it";

/** A host with everything that networkd, systemd and wg get to read. */
const result = synthToFiles((stack) => {
  const hosts = labHosts(stack, 3);
  const [hub] = hosts;
  hub!.link(
    "exp0",
    { mtu: 9000, rxRing: "max", txRing: 512, channels: 2, rxPause: true, txPause: false, autoPause: false },
    { because },
  );
  hub!.link("exp0", { lro: false, gro: true, tso: true, rxCoalesceMicros: 8, adaptiveRxCoalesce: true }, { because });
  for (const host of hosts.slice(1)) host.link("exp0", { mtu: 9000 }, { because });
  hub!.route(
    "exp0",
    { to: "10.20.0.0/16", via: "10.10.1.254", mtu: 1500, congestion: "bbr", metric: 5, source: "10.10.1.1" },
    { because },
  );
  hub!.route("exp0", { to: "default", metric: 9000 }, { because });
  hub!.route("exp0", { to: "fd00:20::/64" }, { because });
  hub!.unit(
    "netloom-x.service",
    {
      unit: { Description: '50 % done: a "test" of $quoting', After: ["network.target"] },
      service: { Type: "oneshot", ExecStart: "/bin/true", RemainAfterExit: true },
    },
    { because },
  );
  hub!.unit("netloom-x.timer", { timer: { OnCalendar: "hourly" }, wantedBy: ["timers.target"] }, { because });
  const star = new WireGuardMesh(stack, "star", {
    subnet: "10.66.0.0/24",
    subnet6: "fd00:66::/64",
    topology: Topology.hubAndSpoke(hub!),
  });
  star.addMember(hub!, { endpoint: "hub.example.net" });
  star.addMember(hosts[1]!, { behindNat: true, routes: ["192.168.7.0/24"] });
  star.addMember(hosts[2]!, { endpoint: "[2001:db8::2]:4242" });
  star.addPeer({ name: "laptop", publicKey: "QHXPa3rVbOtLZpQKy6SgUeJgdCzeMHP5Vq3UhFR0pU0=" });
});

it("the stack that is shown to the tools has no errors", () => expect(result.errors).toEqual([]));

/** Writes files of `node-0` below a scratch directory by their base names. */
function written(pattern: RegExp): { directory: string; paths: string[] } {
  const directory = scratchDirectory();
  const paths: string[] = [];
  for (const [path, text] of result.files) {
    if (!path.startsWith("hosts/node-0/root/") || !pattern.test(path)) continue;
    paths.push(join(directory, basename(path)));
    writeFileSync(paths.at(-1)!, text);
  }
  expect(paths.length).toBeGreaterThan(0);
  return { directory, paths };
}

const NETWORKD = "/lib/systemd/systemd-networkd";
const NAMESPACE = ["unshare", ROOT];

describe("systemd-networkd", () => {
  /** Lets networkd itself read the files, in a network and mount namespace of its own, and returns its complaints. */
  function complaints(directory: string): string[] {
    chmodSync(directory, 0o755); // networkd gives root away before it reads
    const script = [
      "mkdir -p /run/systemd /etc/systemd/network",
      'mount -t tmpfs none /run/systemd && mount --bind "$1" /etc/systemd/network',
      "mkdir -p /run/systemd/netif",
      `SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console timeout 2 ${NETWORKD} 2>&1`,
    ].join("\n");
    const { stdout } = spawnSync("unshare", ["--net", "--mount", "sh", "-c", script, "sh", directory], {
      encoding: "utf8",
    });
    expect(stdout).toContain("Enumeration completed");
    return stdout.split("\n").filter((line) => /^\/etc\/systemd\/network\/.*(ignoring|invalid|Failed)/i.test(line));
  }

  itWith([NETWORKD, ...NAMESPACE], "takes every line of the .network files", () => {
    expect(complaints(written(/\.network$/).directory)).toEqual([]);
  });

  itWith([NETWORKD, ...NAMESPACE], "would have said so otherwise", () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, "a.network"), "[Match]\nOriginalName=exp0\n");
    expect(complaints(directory).join("\n")).toContain("Unknown key 'OriginalName' in section [Match]");
  });
});

describe("systemd.link(5)", () => {
  /** Keys of systemd 252, the oldest that is supported, by section. */
  const KEYS: Readonly<Record<string, readonly string[]>> = {
    Match: ["PermanentMACAddress"],
    Link: [
      "NamePolicy",
      "AlternativeNamesPolicy",
      "MACAddressPolicy",
      "MTUBytes",
      "RxBufferSize",
      "TxBufferSize",
      "CombinedChannels",
      "RxFlowControl",
      "TxFlowControl",
      "AutoNegotiationFlowControl",
      "LargeReceiveOffload",
      "GenericReceiveOffload",
      "TCPSegmentationOffload",
      "RxCoalesceSec",
      "UseAdaptiveRxCoalesce",
    ],
  };

  it("knows every key of the .link files", () => {
    const text = result.files.get("hosts/node-0/root/etc/systemd/network/90-netloom-exp0.link")!;
    let section = "";
    const used = text.split("\n").flatMap((line) => {
      section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
      return line.includes("=") ? [`${section}.${line.split("=")[0]}`] : [];
    });
    const known = Object.entries(KEYS).flatMap(([name, keys]) => keys.map((key) => `${name}.${key}`));
    expect(used.filter((key) => !known.includes(key))).toEqual([]);
    expect(used).toHaveLength(known.length);
  });

  itWith(["udevadm", ...NAMESPACE], "is how udev itself reads them", () => {
    const { directory } = written(/\.link$/);
    const script =
      'mkdir -p /run/systemd/network && mount -t tmpfs none /run/systemd/network && cp "$1"/* /run/systemd/network && SYSTEMD_LOG_LEVEL=debug udevadm test-builtin net_setup_link /sys/class/net/lo 2>&1';
    const { stdout } = spawnSync("unshare", ["--mount", "sh", "-c", script, "sh", directory], { encoding: "utf8" });
    expect(stdout).toMatch(/^Parsed configuration file ".*\/90-netloom-exp0\.link"$/m);
    expect(stdout.split("\n").filter((line) => /netloom.*(Unknown|Failed|ignoring)/.test(line))).toEqual([]);
  });
});

describe("systemd", () => {
  itWith(["systemd-analyze"], "accepts the units", () => {
    const { paths } = written(/etc\/systemd\/system\//);
    const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], { encoding: "utf8" });
    const faults = stderr.split("\n").filter((line) => line.includes("netloom") && !line.includes("is not executable"));
    expect(faults).toEqual([]);
  });
});

describe("wg", () => {
  const tables = [...result.files].filter(([path]) => path.endsWith(".peers"));
  const filled = (text: string) => {
    const keys = new Map<string, string>();
    return text.replace(/@key:[^@]+@/g, (placeholder) => {
      if (!keys.has(placeholder)) {
        const key = spawnSync("wg", ["genkey"], { encoding: "utf8" }).stdout;
        keys.set(placeholder, spawnSync("wg", ["pubkey"], { input: key, encoding: "utf8" }).stdout.trim());
      }
      return keys.get(placeholder)!;
    });
  };

  it("has a table for the hub, one for spokes behind NAT and one for the others", () => {
    expect(tables.map(([path]) => path)).toEqual([
      "wireguard/test-star-hub.peers",
      "wireguard/test-star-spoke-nat.peers",
      "wireguard/test-star-spoke.peers",
    ]);
  });

  itWith(["wg", "wg-quick", ROOT], "accepts every table once the deploy has put keys in", () => {
    for (const [path, text] of tables) {
      const key = spawnSync("wg", ["genkey"], { encoding: "utf8" }).stdout.trim();
      const config = join(scratchDirectory(), "wg0.conf");
      writeFileSync(config, `[Interface]\nPrivateKey = ${key}\nListenPort = 51820\n\n${filled(text)}`, { mode: 0o600 });
      const { status, stderr, stdout } = spawnSync("wg-quick", ["strip", config], { encoding: "utf8" });
      expect(stderr, path).toBe("");
      expect(status).toBe(0);
      expect(stdout.match(/^\[Peer\]$/gm)).toHaveLength(text.match(/^\[Peer\]$/gm)!.length);
    }
  });

  itWith(["wg", "wireguard-go", "ip", ...NAMESPACE], "loads every table into a real device", () => {
    for (const [path, text] of tables) {
      const key = spawnSync("wg", ["genkey"], { encoding: "utf8" }).stdout.trim();
      // Names are left out: resolving them is the network's business, not the table's.
      const peers = filled(text).replace(/^Endpoint = hub\.example\.net:.*$/m, "Endpoint = 203.0.113.9:51820");
      const config = join(scratchDirectory(), "wg0.conf");
      mkdirSync(dirname(config), { recursive: true });
      writeFileSync(config, `[Interface]\nPrivateKey = ${key}\n\n${peers}`, { mode: 0o600 });
      const script =
        'WG_PROCESS_FOREGROUND=1 LOG_LEVEL=error wireguard-go nl-test >/dev/null 2>&1 & pid=$!; for i in 1 2 3 4 5 6 7 8 9 10; do [ -S /var/run/wireguard/nl-test.sock ] && break; sleep 0.3; done; wg setconf nl-test "$1"; status=$?; wg show nl-test allowed-ips; kill $pid; exit $status';
      const run = spawnSync(
        "unshare",
        [
          "--net",
          "--mount",
          "sh",
          "-c",
          `mkdir -p /var/run/wireguard && mount -t tmpfs none /var/run/wireguard && ${script}`,
          "sh",
          config,
        ],
        {
          encoding: "utf8",
        },
      );
      expect([run.status, run.stderr], path).toEqual([0, ""]);
      const ranges = (wanted: string) =>
        wanted
          .split(/[\s,]+/)
          .filter((word) => word.includes("/"))
          .sort();
      const wanted = [...text.matchAll(/^AllowedIPs = (.*)$/gm)].map((match) => match[1]!).join(",");
      expect(ranges(run.stdout.replace(/\S+=\t/g, "")), path).toEqual(ranges(wanted));
    }
  });
});

describe("shellcheck", () => {
  itWith(["shellcheck"], "has nothing to say about scripts and verify", () => {
    const scripts = [...result.files].filter(([, text]) => text.startsWith("#!/bin/sh"));
    expect(scripts.length).toBeGreaterThan(3);
    for (const [path, text] of scripts) {
      const { stdout } = spawnSync("shellcheck", ["--shell=sh", "-"], { input: text, encoding: "utf8" });
      expect(stdout, path).toBe("");
    }
  });
});
