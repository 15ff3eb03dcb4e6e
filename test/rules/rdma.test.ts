import { describe, expect, it } from "vitest";
import { Bbr, Host, JumboFabric, MachineType, nicModel, Rate } from "../../lib";
import { FabricPort, HostFeature, type HostSettings } from "../../lib/features";
import { Dctcp, QosPolicy } from "../../lib/constructs/rdma";
import { expectStack, type SynthResult, synthToFiles } from "../../lib/testing";
import { CollectiveTuning } from "../../lib/constructs/rdma";
import { ROCE_QOS_PLAN, requireQueueSizes } from "../../lib/tuning";
import { type ClusterProps, cluster, codes, experimentPort } from "../constructs/rdma/support";

const FORCE = { because: "a test", priority: "force" } as const;

/** A feature of somebody else that states the same about a port as Netloom would, or something else. */
class Says extends HostFeature {
  say: (settings: HostSettings) => void = () => {};
  contribute(settings: HostSettings): void {
    this.say(settings);
  }
}

const GOOD = cluster().hosts.get("gpu-1")!.facts(FabricPort)[0]!.value;

/** The good cluster, where somebody states something else about the port of the first node. */
function stated(change: Partial<FabricPort>): SynthResult {
  return cluster({
    also: (_, [node]) => {
      new Says(node!, "Says").say = (settings) => settings.fact(FabricPort, "exp0", { ...GOOD, ...change }, FORCE);
    },
  });
}

const plan = (name: string, change: object) =>
  ROCE_QOS_PLAN.map((entry) => (entry.name === name ? { ...entry, ...change } : entry));

it("a lossless cluster that is described in full breaks no rule", () => {
  const result = cluster();
  expectStack(result).toHaveNoErrors();
  expect(codes(result)).toEqual([]);
});

it("a lossy cluster breaks no rule either", () => {
  expect(codes(cluster({ lossy: true }))).toEqual([]);
});

describe("rules about RDMA ports", () => {
  it.each<[string, ClusterProps, RegExp]>([
    ["NL-RDMA-CARD", { port: { nic: nicModel("x710") } }, /Intel X710 \(i40e\) has no RDMA/],
    ["NL-016", { port: { name: "mlx5_0" } }, /name of an RDMA device/],
    ["NL-ROCE-MTU", { node: { roceMtu: 9000 } }, /no such path MTU/],
    [
      "NL-017",
      { node: { roceMtu: 4096 }, also: (_, [node]) => node!.link("exp0", { mtu: 1500 }, FORCE) },
      /gives a RoCE MTU of 1024/,
    ],
    ["NL-018", { also: (_, [node]) => node!.link("exp0", { rxPause: true }, FORCE) }, /global pause \(rxPause\)/],
    [
      "NL-018-TWO",
      { fabric: { classes: plan("bulk", { lossless: true, transport: "rdma" }), switchPfcPriorities: [1, 3] } },
      /two lossless/,
    ],
    ["NL-019", { fabric: { switchPfcPriorities: [4] } }, /switches and hosts pause different priorities/],
    ["NL-019", { fabric: { switchPfcPriorities: [] } }, /switches and hosts pause different priorities/],
    [
      "NL-020",
      { fabric: { classes: plan("bulk", { lossless: true }), switchPfcPriorities: [1, 3] } },
      /shared with TCP/,
    ],
    [
      "NL-QOS-MARK",
      { node: { marks: [{ class: "roce", protocol: "tcp", ports: [5001] }] } },
      /would share the lossless class/,
    ],
    ["NL-021", { fabric: { loopFree: false } }, /without a topology without loops/],
    ["NL-021", { marks: false }, /without switches that mark ECN/],
    ["NL-022", { fabric: { classes: plan("roce", { share: 51 }) } }, /do not make a whole/],
    ["NL-023", { fabric: { classes: plan("realtime", { share: 30 }) } }, /strict classes may take much/],
    ["NL-024", { also: (_, [node]) => new Bbr(node!, "Bbr") }, /classes of a plan and mq-fq/],
    [
      "NL-RDMA-QUEUE-PAIRS",
      { also: (stack, nodes) => new CollectiveTuning(stack, "c", { nodes, queuePairsPerConnection: 129 }) },
      /1 to 128|no such number/,
    ],
  ])("%s fires", (code, props, message) => {
    const found = cluster(props).findings.filter((finding) => finding.code === code);
    expect(found.map(({ what }) => what).join("\n")).toMatch(message);
  });

  it.each<[string, Partial<FabricPort>]>([
    ["NL-017", { roceMtu: 8192 }],
    ["NL-018", { pfc: GOOD.pfc!.map((_, priority) => priority < 4) }],
    ["NL-019", { statement: { ...GOOD.statement!, switchPfc: [] } }],
    ["NL-019", { statement: undefined }],
    ["NL-020", { pfc: GOOD.pfc!.map((_, priority) => priority === 1) }],
    ["NL-021", { stormPrevention: undefined }],
    ["NL-023", { strict: { share: 20, limited: false } }],
  ])("%s judges what other features state about a port", (code, change) => {
    const found = stated(change).findings.filter((finding) => finding.code === code);
    expect(found.map(({ path, others }) => [path, others![0]])).toEqual([["test/gpu-1/Says", "test/gpu-1"]]);
  });

  it("what others state breaks nothing where it is the same", () => {
    expect(codes(stated({}))).toEqual([]);
  });

  it("a job may ask for as many queue pairs as NCCL takes, on however many nodes", () => {
    const also: ClusterProps["also"] = (stack, nodes) =>
      new CollectiveTuning(stack, "c", { nodes, queuePairsPerConnection: 128 });
    expect(codes(cluster({ nodes: 8, also }))).toEqual([]);
  });

  it("NL-015 judges what the catalogue knows about a card, whoever states that it does RDMA", () => {
    const result = synthToFiles((stack) => {
      const host = new Host(stack, "h", { interfaces: [experimentPort(1, { nic: nicModel("x520") })] });
      new Says(host, "Says").say = (settings) => settings.fact(FabricPort, "exp0", GOOD, FORCE);
    });
    expect(codes(result)).toContain("NL-015");
  });

  it("judge no text: files that users put beside the port files are their own, whatever is in them", () => {
    const content = "rdma v2\nroce-mtu 9000\npfc 3:on\nstrict-share 90\nqueue-pairs 9999\n";
    const table = "  chain classes { ip dscp map { 26 : 0:3 } }\n";
    const result = synthToFiles((stack) => {
      const host = new Host(stack, "h", { interfaces: [experimentPort(1, { nic: nicModel("x520") })] });
      host.file("/etc/netloom/ports/notes.conf", { content }, FORCE);
      new Says(host, "Says").say = (settings) => settings.nftables("inet", "netloom-qos-mine", table, FORCE);
    });
    expect(result.findings).toEqual([]);
  });

  it("NL-024 is content when TCP stays out of the classes", () => {
    const result = cluster({
      node: { tcpClasses: false },
      also: (_, nodes) => {
        for (const node of nodes) new Bbr(node, "Bbr");
      },
    });
    expect(codes(result)).not.toContain("NL-024");
    expectStack(result).toHaveNoErrors();
  });

  it("NL-024 sees fq beside the queues of a policy", () => {
    const build = (queues: "software" | "none") =>
      synthToFiles((stack) => {
        const host = new Host(stack, "h", {
          interfaces: [experimentPort(1, { nic: nicModel("x520"), speed: Rate.gbps(10) })],
        });
        new QosPolicy(stack, "qos").attach(host, { queues });
        new Bbr(host, "Bbr");
      });
    expect(codes(build("software"))).toContain("NL-024");
    expect(codes(build("none"))).not.toContain("NL-024");
  });
});

describe("rules about cards", () => {
  const synth = (build: (host: Host) => void, nic = nicModel("x520")): SynthResult =>
    synthToFiles((stack) => {
      build(
        new Host(stack, "h", {
          machineType: MachineType.of("c220g5"),
          interfaces: [experimentPort(1, { nic, speed: Rate.gbps(10) })],
        }),
      );
    });
  const host = (build: (host: Host) => void): string[] => codes(synth(build));
  const why = { because: "a test" };

  it.each<[string, (host: Host) => void]>([
    ["NL-041", (on) => on.link("exp0", { rxRing: 8192 }, why)],
    ["NL-041", (on) => on.link("exp0", { txRing: 1001 }, why)],
    ["NL-041-LATENCY", (on) => on.link("exp0", { rxRing: "max", rxCoalesceMicros: 0 }, why)],
    ["NL-041-LATENCY", (on) => on.link("exp0", { rxRing: 4096, rxCoalesceMicros: 0 }, why)],
    ["NL-042", (on) => on.link("exp0", { channels: 65 }, why)],
    ["NL-042-NODE", (on) => on.link("exp0", { channels: 20 }, why)],
    [
      "NL-039",
      (on) => {
        on.link("exp0", { lro: true }, why);
        on.sysctl("net.ipv4.ip_forward", 1, why);
      },
    ],
  ])("%s fires", (code, build) => {
    expect(host(build)).toContain(code);
  });

  it("say how many channels fit, by card and by socket, in the words of the API", () => {
    const remedies = (channels: number, card: string) =>
      synth((on) => on.link("exp0", { channels }, why), nicModel(card))
        .findings.filter(({ code }) => code.startsWith("NL-042"))
        .map(({ code, remedy }) => `${code} ${remedy}`);
    expect(remedies(20, "x520")).toEqual(["NL-042-NODE channels: 10"]);
    expect(remedies(65, "x520")).toEqual(["NL-042 channels: 10", "NL-042-NODE channels: 10"]);
    expect(remedies(20, "i350")).toEqual(["NL-042 channels: 8", "NL-042-NODE channels: 8"]);
  });

  it.each<[string, Parameters<Host["link"]>[1]]>([
    ["a smaller ring", { rxRing: 512, rxCoalesceMicros: 0 }],
    ["the largest ring where interrupts wait for more", { rxRing: "max", rxCoalesceMicros: 8 }],
    ["the largest ring alone", { rxRing: "max" }],
    ["no ring at all", { rxCoalesceMicros: 0, txRing: "max" }],
  ])("NL-041-LATENCY is content with %s", (_, link) => {
    expect(host((on) => on.link("exp0", link, why))).not.toContain("NL-041-LATENCY");
  });

  it("NL-041-LATENCY names the feature that asked for short waits, and the ring", () => {
    const result = cluster({
      node: { profile: "latency" },
      also: (_, [node]) => node!.link("exp0", { rxRing: "max" }, why),
    });
    const found = result.findings.filter(({ code }) => code === "NL-041-LATENCY");
    expect(found).toEqual([
      expect.objectContaining({
        path: "test/gpu-1/Direct",
        others: ["test/gpu-1/Rdma"],
        what: "exp0 interrupts for every packet to keep waits short, and has the longest receive ring for them to wait in",
        value: "max",
      }),
    ]);
  });

  it("values within what the card has break nothing", () => {
    const found = host((on) => {
      on.link("exp0", { rxRing: "max", txRing: 4096, channels: 10, lro: true }, why);
    });
    expect(found.filter((code) => /NL-0(39|4)/.test(code))).toEqual([]);
  });
});

describe("NL-053", () => {
  it("refuses a completion queue that can overrun", () => {
    const load = { queuePairs: 512, sendDepth: 1024, receiveDepth: 1024, completionQueue: 8192 };
    expect(() => requireQueueSizes(load)).toThrow(
      /NL-053[\s\S]*512 queue pairs × \(1024 signalled sends \+ 1024 receives\)[\s\S]*at least 1048576/,
    );
    expect(() => requireQueueSizes({ ...load, queuePairs: 4 })).not.toThrow();
    expect(() => requireQueueSizes({ ...load, queuePairs: 7, signalEvery: 8 })).not.toThrow();
  });

  it("refuses what the device does not have, as far as it is known", () => {
    const load = { queuePairs: 1, sendDepth: 16, receiveDepth: 16, completionQueue: 8192, sge: 16 };
    expect(() => requireQueueSizes(load, { maxCqe: 4096 })).toThrow(/fewer completion queue entries/);
    expect(() => requireQueueSizes(load, { maxSge: 13 })).toThrow(/fewer scatter-gather elements/);
    expect(() => requireQueueSizes(load, { maxCqe: 4194303, maxSge: 30 })).not.toThrow();
  });
});

describe("NL-027-ROUTE", () => {
  const run = (hosts: readonly ("dctcp" | "bbr" | "route")[], switchesMarkEcn = true): string =>
    synthToFiles((stack) => {
      const members = hosts.map((_, n) => new Host(stack, `h${n}`, { interfaces: [experimentPort(n + 1)] }));
      const fabric = new JumboFabric(stack, "segment", { switchesCarryJumbo: true, switchesMarkEcn, members });
      for (const [n, kind] of hosts.entries()) {
        if (kind === "dctcp") new Dctcp(members[n]!, "Dctcp", { fabric });
        else if (kind === "route") members[n]!.route("exp0", { to: "10.10.1.0/24", congestion: "dctcp" }, FORCE);
        else new Bbr(members[n]!, "Bbr");
      }
    })
      .findings.filter(({ code }) => code === "NL-027-ROUTE")
      .map(({ what }) => what)
      .join("\n");

  it("wants DCTCP on every host of the segment, and never beside BBR", () => {
    expect(run(["dctcp", "bbr"])).toBe("h1 is on the same segment and sends with bbr");
    expect(run(["dctcp", "dctcp"])).toBe("");
    expect(run(["bbr", "bbr"])).toBe("");
  });

  it("judges DCTCP on a route of the user's own by what the segment says about marks", () => {
    expect(run(["route"])).toBe("");
    expect(run(["route"], false)).toBe("DCTCP on a segment whose switches are not known to mark ECN");
  });
});
