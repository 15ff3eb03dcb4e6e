import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { BandwidthManager, Delivery, Encryption, Routing } from "../../../lib/constructs/cilium";
import { expectedStatus } from "../../../lib/constructs/cilium/checks/server-checks";
import {
  bandwidthManagerLine,
  DEVICE_MTUS,
  hubbleFlows,
  kernelCheck,
  reachableNodes,
  STATUS_SUMMARY,
  statusOfAllAgents,
  statusPattern,
} from "../../../lib/constructs/cilium/checks/status";
import { clusterStack, compile } from "./support";

/** Status of an agent as its API has it (Cilium, api/v1/models), parts that matter here and some that could mislead. */
const STATUS = {
  "bandwidth-manager": { congestionControl: "bbr", devices: ["enp94s0f0"], enabled: true },
  "bpf-maps": { "dynamic-size-ratio": 0.0025, maps: [{ name: "Auth", size: 524288 }] },
  cilium: { msg: "1.20.0 (v1.20.0-450c5314)", state: "Ok" },
  cluster: { ciliumHealth: { state: "Ok" }, self: "node-0", nodes: null },
  controllers: [{ name: "cilium-health-ep", status: { "success-count": 3 }, configuration: { interval: "1m0s" } }],
  encryption: {
    mode: "Wireguard",
    wireguard: { interfaces: [{ "listen-port": 51871, name: "cilium_wg0" }], "node-encryption": "Enabled" },
  },
  "host-firewall": { mode: "Disabled" },
  hubble: { state: "Ok", observer: { "current-flows": 4095, "max-flows": 4095 } },
  "kube-proxy-replacement": {
    deviceList: [{ ip: ["10.10.1.1"], name: "enp94s0f0" }],
    devices: ["enp94s0f0"],
    directRoutingDevice: "enp94s0f0",
    features: { nodePort: { acceleration: "Disabled", algorithm: "Maglev", enabled: true, mode: "DSR" } },
    mode: "True",
  },
  masquerading: { enabled: true, "enabled-protocols": { ipv4: true, ipv6: false }, mode: "BPF" },
  routing: { "inter-host-routing-mode": "Native", "intra-host-routing-mode": "BPF", "tunnel-protocol": "" },
};

const LINES = [
  "KVStore:                 Disabled   ",
  "Kubernetes:              Ok         1.33 (v1.33.2+k3s1) [linux/amd64]",
  "KubeProxyReplacement:    True   [enp94s0f0   10.10.1.1 (Direct Routing)]",
  "BandwidthManager:        EDT with BPF [BBR] [enp94s0f0]",
  "Routing:                 Network: Native   Host: BPF",
  "Controller Status:       24/24 healthy",
  "Cluster health:          3/3 reachable   (2026-01-01T00:00:00Z)",
].join("\n");

const directory = mkdtempSync(join(tmpdir(), "netloom-checks-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function sh(
  script: string,
  input = "",
): { readonly out: string; readonly err: string; readonly status: number | null } {
  const { stdout, stderr, status } = spawnSync("sh", ["-c", script], { input, encoding: "utf8" });
  return { out: stdout.trim(), err: stderr, status };
}

/** A kubectl that answers for the given agents. */
function kubectl(agents: readonly object[], text = LINES, flows = ""): string {
  const bin = mkdtempSync(join(directory, "kubectl-"));
  for (const [i, status] of agents.entries())
    writeFileSync(join(bin, `pod-${i}.json`), JSON.stringify(status, undefined, 2));
  writeFileSync(join(bin, "status.txt"), text);
  writeFileSync(join(bin, "flows.json"), flows);
  const program = join(bin, "kubectl");
  writeFileSync(
    program,
    `#!/bin/sh
case "$*" in
  *"get pods"*) for f in ${bin}/pod-*.json; do echo "pod/$(basename "$f" .json)"; done ;;
  *"status -o json"*) for a in "$@"; do case "$a" in pod/*) cat "${bin}/\${a#pod/}.json" ;; esac; done ;;
  *"cilium-dbg status"*) cat ${bin}/status.txt ;;
  *"hubble observe"*) cat ${bin}/flows.json ;;
esac
`,
  );
  chmodSync(program, 0o755);
  return program;
}

describe("the summary of an agent's status", () => {
  it("reads every value, with and without white space", () => {
    const wanted = "state=Ok proxy=True routing=Native host=BPF congestion=bbr encryption=Wireguard";
    for (const indent of [0, 2]) expect(sh(STATUS_SUMMARY, JSON.stringify(STATUS, undefined, indent)).out).toBe(wanted);
  });

  it("says - for what an agent does not tell", () => {
    expect(sh(STATUS_SUMMARY, "{}").out).toBe("state=- proxy=- routing=- host=- congestion=- encryption=-");
  });

  it("is counted for all agents, and names those that differ", () => {
    const pattern = statusPattern({
      kubeProxyReplacement: true,
      routing: "native",
      bpfHostRouting: true,
      congestion: "bbr",
      wireguard: true,
    });
    const legacy = { ...STATUS, routing: { ...STATUS.routing, "intra-host-routing-mode": "Legacy" } };
    const all = sh(statusOfAllAgents(kubectl([STATUS, STATUS, STATUS]), pattern));
    expect(all.out).toBe("3/3");
    const one = sh(statusOfAllAgents(kubectl([STATUS, legacy, STATUS]), pattern));
    expect(one.out).toBe("2/3");
    expect(one.err).toContain("pod-1: state=Ok proxy=True routing=Native host=Legacy");
  });

  it("must not match a cluster that lost encryption or pacing", () => {
    const pattern = new RegExp(
      `^${statusPattern({ kubeProxyReplacement: true, routing: "native", bpfHostRouting: true, congestion: "bbr", wireguard: true })}$`,
    );
    const summary = (status: object) => sh(STATUS_SUMMARY, JSON.stringify(status)).out;
    expect(summary(STATUS)).toMatch(pattern);
    expect(summary({ ...STATUS, encryption: { mode: "Disabled" } })).not.toMatch(pattern);
    expect(summary({ ...STATUS, "bandwidth-manager": { devices: null, enabled: false } })).not.toMatch(pattern);
    expect(summary({ ...STATUS, cilium: { msg: "stale", state: "Failure" } })).not.toMatch(pattern);
  });
});

describe("single lines", () => {
  it("are read from the status as people see it", () => {
    const program = kubectl([STATUS]);
    expect(sh(bandwidthManagerLine(program)).out).toBe("EDT with BPF [BBR] [enp94s0f0]");
    expect(sh(reachableNodes(program)).out).toBe("3/3");
    expect(sh(bandwidthManagerLine(kubectl([STATUS], "BandwidthManager:  Disabled"))).out).toBe("Disabled");
  });

  it("count Hubble's flows", () => {
    const flow =
      '{"flow":{"verdict":"FORWARDED","IP":{"source":"10.42.0.1"}},"node_name":"node-0","time":"2026-01-01T00:00:00Z"}\n';
    expect(sh(hubbleFlows(kubectl([STATUS], LINES, flow.repeat(3)))).out).toBe("3");
    expect(sh(hubbleFlows(kubectl([STATUS]))).out).toBe("0");
  });

  it("name the MTUs of Cilium's devices, each once", () => {
    const devices = (mtus: Readonly<Record<string, number>>): string => {
      const root = mkdtempSync(join(directory, "net-"));
      for (const [name, mtu] of Object.entries(mtus)) {
        mkdirSync(join(root, name));
        writeFileSync(join(root, name, "mtu"), `${mtu}\n`);
      }
      return sh(DEVICE_MTUS.replaceAll("/sys/class/net", root)).out;
    };
    expect(devices({ cilium_host: 9000, lxc1: 9000, eno1: 1500 })).toBe("9000");
    expect(devices({ cilium_host: 9000, lxc1: 1500 })).toBe("1500 9000");
  });

  it("compare kernel versions as numbers", () => {
    const passes = (running: string, wanted: string): boolean =>
      sh(`uname() { echo ${running}; }; ${kernelCheck(wanted)}`).status === 0;
    expect(passes("5.15.0-91-generic", "5.18")).toBe(false);
    expect(passes("5.18.0", "5.18")).toBe(true);
    expect(passes("6.8.0-31-generic", "5.18")).toBe(true);
    expect(passes("6.8.0-31-generic", "6.10")).toBe(false);
  });
});

describe("the checks of a cluster", () => {
  const checksOf = (props: Parameters<typeof clusterStack>[0], node = 0) =>
    compile(clusterStack(props).stack).hosts[node]!.resolved.checks.filter(({ kind }) => kind === "command");

  it("are asked on the first server only, on demand, with what the values promise", () => {
    const props = {
      routing: Routing.native(),
      bandwidthManager: BandwidthManager.bbr(),
      encryption: Encryption.wireguard(),
    };
    const late = checksOf(props).filter(({ phase }) => phase === "benchmark");
    expect(Object.fromEntries(late.map(({ args }) => [args[0], args[1]]))).toEqual({
      "Cilium's devices have the underlay's MTU of 9000": "9000",
      "all 2 agents of k8s run as planned": "2/2",
      "the bandwidth manager is on": "EDT with BPF \\[BBR\\] \\[.*\\]",
      "all nodes reach each other": "2/2",
      "Hubble sees flows": "[1-9][0-9]*",
    });
    expect(late.find(({ args }) => args[0]!.startsWith("all 2"))!.args[2]).toContain(
      "host=BPF congestion=bbr encryption=Wireguard",
    );
    expect(checksOf(props, 1).filter(({ phase }) => phase === "benchmark").length).toBe(1);
  });

  it("expect what the values say", () => {
    const expected = (props: Parameters<typeof clusterStack>[0]) =>
      expectedStatus(clusterStack(props).cluster.clusterPlan());
    expect(expected({ masquerade: "iptables" })).toEqual({
      kubeProxyReplacement: true,
      routing: "tunnel",
      bpfHostRouting: false,
      congestion: undefined,
      wireguard: false,
    });
    expect(expected({ kubeProxyReplacement: false, delivery: Delivery.helm() }).kubeProxyReplacement).toBe(false);
    expect(expected({ bandwidthManager: BandwidthManager.cubic() }).congestion).toBe("cubic");
  });
});
