import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Host, nicModel, Rate } from "../../../lib";
import { QosPolicy, type QosPolicyProps, TCP_QOS_PLAN } from "../../../lib/constructs/rdma";
import { qosTableBody } from "../../../lib/constructs/rdma/qos-nft";
import { hardwareQueues, softwareQueues } from "../../../lib/constructs/rdma/qos-queues";
import { Cidr } from "../../../lib/net";
import { expectStack, type SynthResult, synthToFiles } from "../../../lib/testing";
import { qosPlanProblems, ROCE_QOS_PLAN } from "../../../lib/tuning";
import { Mtu } from "../../../lib/units";
import { parseText } from "../../nix-ts-builder/support/nix";
import { itWith, ROOT } from "../../support/tools";
import { cluster, codes, experimentPort } from "./support";

const LAN = [Cidr.parse("10.10.1.0/24")];

describe("the nftables table", () => {
  const body = qosTableBody(
    TCP_QOS_PLAN,
    [...LAN, Cidr.parse("fd00:10::/64")],
    [{ class: "interactive", protocol: "tcp", ports: [2380, 2379] }],
  );

  it("marks applications and gives packets the priority of their DSCP, on the experiment network only", () => {
    expect(body).toBe(`  chain classify {
    type filter hook postrouting priority mangle; policy accept;
    ip daddr { 10.10.1.0/24 } goto classes
    ip6 daddr { fd00:10::/64 } goto classes
  }
  chain classes {
    tcp dport { 2379, 2380 } ip dscp set 34
    tcp sport { 2379, 2380 } ip dscp set 34
    tcp dport { 2379, 2380 } ip6 dscp set 34
    tcp sport { 2379, 2380 } ip6 dscp set 34
    meta priority set ip dscp map { 0 : 0:0, 1 : 0:0, 8 : 0:0, 10 : 0:1, 16 : 0:2, 18 : 0:1, 34 : 0:4, 46 : 0:5, 48 : 0:6 }
    meta priority set ip6 dscp map { 0 : 0:0, 1 : 0:0, 8 : 0:0, 10 : 0:1, 16 : 0:2, 18 : 0:1, 34 : 0:4, 46 : 0:5, 48 : 0:6 }
  }
`);
  });

  itWith(["nft", ROOT], "is what nft takes", () => {
    for (const text of [body, qosTableBody(ROCE_QOS_PLAN, LAN)]) {
      const run = spawnSync("nft", ["-c", "-f", "-"], {
        input: `table inet netloom-qos {\n${text}}\n`,
        encoding: "utf8",
      });
      expect(run.stderr).toBe("");
      expect(run.status).toBe(0);
    }
  });

  it.each([
    [{ class: "gold", protocol: "tcp" as const, ports: [1] }, /NL-QOS-MARK[\s\S]*network-control, realtime/],
    [{ class: "roce", protocol: "udp" as const, ports: [1] }, /NL-QOS-MARK/],
    [{ class: "bulk", protocol: "tcp" as const, ports: [0] }, /1 to 65535/],
    [{ class: "bulk", protocol: "tcp" as const, ports: [] }, /1 to 65535/],
  ])("refuses the mark %j", (mark, message) => {
    expect(() => qosTableBody(ROCE_QOS_PLAN, LAN, [mark])).toThrow(message);
  });

  it("is not made without a network, since it would reach the control interface", () => {
    expect(() => qosTableBody(ROCE_QOS_PLAN, [])).toThrow(/NL-QOS-NETWORK/);
  });
});

describe("queues", () => {
  it("in hardware put strict classes on high numbers", () => {
    const queues = hardwareQueues(ROCE_QOS_PLAN, Rate.gbps(10));
    expect(queues.prioTc).toEqual([0, 1, 2, 3, 4, 5, 6, 0]);
    expect(queues.maxRate).toEqual([0, 0, 0, 0, 0, 1.5e9, 5e8, 0]);
    expect(queues.tcBw.reduce((total, share) => total + share, 0)).toBe(100);
    expect(hardwareQueues(ROCE_QOS_PLAN).maxRate).toBeUndefined();
  });

  it("in software put strict classes on low numbers, the other way round", () => {
    const queues = softwareQueues(TCP_QOS_PLAN, Mtu.ethernet);
    expect(queues.qdisc).toBe(
      "root handle 1: ets bands 6 strict 2 quanta 21000 3000 21000 15000 priomap 5 4 3 5 2 1 0 5 5 5 5 5 5 5 5 5",
    );
    expect(queues.bands).toEqual([
      ["1:1", "fq_codel noecn"],
      ["1:2", "fq_codel noecn"],
      ["1:3", "fq_codel noecn"],
      ["1:4", "fq_codel noecn"],
      ["1:5", "fq_codel ecn"],
      ["1:6", "fq_codel noecn"],
    ]);
    expect(queues.enters).toEqual([
      [0, "1:6"],
      [1, "1:6"],
      [8, "1:6"],
      [10, "1:5"],
      [16, "1:4"],
      [18, "1:5"],
      [34, "1:3"],
      [46, "1:2"],
      [48, "1:1"],
    ]);
  });

  it("in software limit strict classes once the rate of the link is known", () => {
    expect(softwareQueues(TCP_QOS_PLAN, Mtu.ethernet, Rate.gbps(10)).bands.slice(0, 3)).toEqual([
      ["1:1", "tbf rate 500000kbit burst 65536 latency 10ms"],
      ["1:2", "tbf rate 1500000kbit burst 187500 latency 10ms"],
      ["1:3", "fq_codel noecn"],
    ]);
  });

  const netns = (script: string) => spawnSync("unshare", ["--net", "sh", "-c", script], { encoding: "utf8" });
  const device = "ip link add q0 type veth peer name q1";
  const kernelHasEts = netns(`${device} && tc qdisc replace dev q0 root handle 1: ets bands 2`).status === 0;

  // Not a tool that could be installed, so it may be missing in CI too.
  const ets = { available: kernelHasEts, skipReason: "no ets in the kernel, or no right to make a namespace" };
  itWith(["unshare", ets], "in software are what the kernel takes", () => {
    const { qdisc, bands } = softwareQueues(TCP_QOS_PLAN, Mtu.ethernet, Rate.gbps(10));
    const children = bands.map(([parent, queue]) => `tc qdisc replace dev q0 parent ${parent} ${queue}`);
    const run = netns([device, `tc qdisc replace dev q0 ${qdisc}`, ...children, "tc qdisc show dev q0"].join(" && "));
    expect(run.stderr).toBe("");
    expect(run.stdout).toContain("ets 1: root");
  });
});

describe("QosPolicy", () => {
  const run = (props: QosPolicyProps = {}, nic = "x520", gbps = 10, addresses = ["10.10.1.1/24"]): SynthResult =>
    synthToFiles((stack) => {
      const host = new Host(stack, "gpu-1", {
        interfaces: [experimentPort(1, { nic: nicModel(nic), speed: Rate.gbps(gbps), addresses })],
      });
      new QosPolicy(stack, "qos", props).attach(host);
    });
  const conf = (result: SynthResult): string | undefined =>
    result.files.get("hosts/gpu-1/root/etc/netloom/ports/exp0.conf");

  it("has a plan of its own that is valid", () => {
    expect(qosPlanProblems(TCP_QOS_PLAN)).toEqual([]);
  });

  it("shares the link in software on a 10 Gbit/s card without traffic classes", () => {
    const result = run();
    expectStack(result).toHaveNoErrors();
    expect(conf(result)).toContain("qdisc root handle 1: ets bands 6 strict 2");
    expect(conf(result)).toContain("band 1:1 tbf rate 500000kbit burst 65536 latency 10ms\n");
    expect(conf(result)).toContain("band 1:3 fq_codel noecn\n");
    expect(conf(result)).toContain("rdma none\n");
    expect(codes(result)).toEqual([]);
  });

  it("proves which queue packets to another port of the policy enter, and nothing where there is none", () => {
    const result = synthToFiles((stack) => {
      const policy = new QosPolicy(stack, "qos");
      for (const n of [1, 2]) {
        const port = experimentPort(n, { nic: nicModel("x520"), speed: Rate.gbps(10) });
        policy.attach(new Host(stack, `node-${n}`, { interfaces: [port] }));
      }
    });
    const proofs = (from: SynthResult, host: string) =>
      from.hosts.get(host)!.checks.flatMap(({ args }) => args.filter((word) => word.includes("check classes")));
    const proof = (address: string) =>
      `sh /etc/netloom/scripts/port check classes /etc/netloom/ports/exp0.conf ${address}`;
    expect([proofs(result, "node-1"), proofs(result, "node-2")]).toEqual([[proof("10.10.1.2")], [proof("10.10.1.1")]]);
    expect(conf(run())).toContain("enters 46 1:2\n");
    expect(proofs(run(), "gpu-1")).toEqual([]);
  });

  it("warns when TCP is put on the DSCP of RoCE, with and without queues (NL-020-DSCP)", () => {
    const classes = TCP_QOS_PLAN.map((entry) => (entry.name === "bulk" ? { ...entry, dscp: [26] } : entry));
    expect(codes(run({ classes }))).toEqual(["NL-020-DSCP"]);
    expect(codes(run({ classes }, "x520", 100))).toEqual(["NL-020-DSCP"]);
    expect(codes(run())).toEqual([]);
  });

  it("uses the traffic classes of a card that has them, without touching its pauses", () => {
    const result = run({}, "connectx-6", 100);
    expect(conf(result)).toContain("qdisc root handle 1: mqprio num_tc 8");
    expect(conf(result)).toContain("maxrate 5:15000mbit 6:5000mbit");
    expect(conf(result)).not.toMatch(/^pfc /m);
    expect(codes(result)).toEqual([]);
  });

  it("only marks on a fast card without traffic classes", () => {
    const result = run({}, "x710", 40);
    expect(conf(result)).toBeUndefined();
    expect([...result.files.keys()].filter((path) => path.includes("netloom-qos"))).toHaveLength(1);
  });

  it("refuses lossless classes and ports without addresses", () => {
    expect(run({ classes: ROCE_QOS_PLAN }).errors.join()).toMatch(/NL-QOS-LOSSLESS[\s\S]*new LosslessFabric/);
    expect(run({}, "x520", 10, []).errors.join()).toMatch(/NL-QOS-NETWORK/);
  });

  it("on a port with RDMA is a conflict that names both", () => {
    const result = cluster({ also: (stack, [node]) => new QosPolicy(stack, "qos").attach(node!) });
    expect(result.errors.join("\n")).toMatch(
      /test\/gpu-1\/Rdma and test\/gpu-1\/Qos-test-qos-exp0|test\/gpu-1\/Qos-test-qos-exp0 and test\/gpu-1\/Rdma/,
    );
  });
});

describe("what is written for a port", () => {
  itWith(["systemd-analyze"], "has units that systemd takes", () => {
    const directory = mkdtempSync(join(tmpdir(), "netloom-units-"));
    try {
      for (const [path, text] of cluster({ node: { benchmark: true } }).files) {
        const unit = /^hosts\/gpu-1\/root\/etc\/systemd\/system\/(.*\.service)$/.exec(path)?.[1];
        if (unit === undefined) continue;
        writeFileSync(join(directory, unit), text);
        const run = spawnSync("systemd-analyze", ["verify", "--man=no", join(directory, unit)], { encoding: "utf8" });
        expect(run.stderr.split("\n").filter((line) => line.includes(unit))).toEqual([]);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  itWith(["nix-instantiate"], "is Nix that parses", () => {
    const nix = cluster({ node: { platform: { kind: "nixos", release: "25.11" } } }).files.get("hosts/gpu-1/host.nix")!;
    expect(parseText(nix)).toContain("networking");
  });
});
