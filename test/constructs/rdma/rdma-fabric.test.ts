import { describe, expect, it } from "vitest";
import { JumboFabric, RdmaNode } from "../../../lib";
import { CollectiveTuning, Dctcp, LosslessFabric, LossyFabric } from "../../../lib/constructs/rdma";
import { expectHost, expectStack, synthToFiles } from "../../../lib/testing";
import { cluster, codes, experimentPort, fileOf } from "./support";

describe("fabrics", () => {
  it("tell the operator once what the switches have to do", () => {
    const notes = cluster()
      .hosts.get("gpu-1")!
      .notes.map(({ text }) => text);
    expect(notes).toEqual([
      `Set on every switch port of this segment:
- MTU: frames of 9022 bytes (IP MTU 9000, Ethernet header, one VLAN tag, checksum).
- Trust: DSCP. DSCP to priority: 48 -> 6; 46 -> 5; 34 -> 4; 26 -> 3; 16 -> 2; 18,10 -> 1; 0,1,8 -> 0.
- Scheduling, strict with limits: priority 6 5 %, priority 5 15 %; weighted: priority 4 10 %, priority 3 50 %, priority 2 5 %, priority 1 15 %, priority 0 20 %.
- Priority flow control on for priority 3, off for all others; global pause (802.3x) off.
- Headroom for each port and lossless priority: about 44091 bytes (2 × 9000 + 100 Gbit/s × 2 × 7 m + 394 quanta of response); the vendor's tool decides.
- PFC watchdog on: a queue that is paused for long is drained, or one broken host stops the fabric.
- ECN marking on for priority 3, 1, from 35715 bytes of queue on (BDP of 100 Gbit/s × 20 µs / 7).`,
    ]);
    expect(cluster().hosts.get("gpu-2")!.notes).toEqual([]);
  });

  it("say when they are stated to be lossy or not to mark", () => {
    const [note] = cluster({ lossy: true, marks: false }).hosts.get("gpu-1")!.notes;
    expect(note?.text).toContain("global pause (802.3x) off: this fabric is stated to be lossy.");
    expect(note?.text).toContain("ECN marking: stated to be off.");
    expect(note?.text).not.toContain("Headroom");
  });

  it("need a class for RDMA", () => {
    const classes = [{ name: "all", dscp: [0], priority: 0, scheduler: "ets" as const, share: 100 }];
    expect(cluster({ lossy: true, fabric: { classes } }).errors.join("\n")).toMatch(/NL-RDMA-CLASS/);
  });

  it("report everything that is wrong with a plan at once", () => {
    const build = () =>
      synthToFiles((stack) => {
        const segment = new JumboFabric(stack, "segment");
        const wrong = { name: "A", dscp: [64], priority: 9, scheduler: "ets" as const, share: 101 };
        new LosslessFabric(stack, "fabric", { segment, switchPfcPriorities: [3], classes: [wrong] });
      });
    expect(build().errors).toHaveLength(5);
  });
});

describe("CollectiveTuning", () => {
  const tuned = (multipathRoutes = false) =>
    cluster({
      also: (stack, nodes) =>
        new CollectiveTuning(stack, "jobs", { nodes, queuePairsPerConnection: 4, multipathRoutes }),
    });

  it("binds every library to the experiment port, by exact names", () => {
    expect(fileOf(tuned(), "etc/netloom/ports/exp0.collective")).toBe(`GLOO_SOCKET_IFNAME=@netdev@
NCCL_IB_GID_INDEX=@gid@
NCCL_IB_HCA==@rdma@
NCCL_IB_QPS_PER_CONNECTION=4
NCCL_IB_TC=106
NCCL_SOCKET_IFNAME==@netdev@
OMPI_MCA_btl_tcp_if_include=@netdev@
OMPI_MCA_oob_tcp_if_include=@netdev@
UCX_IB_GID_INDEX=@gid@
UCX_IB_TRAFFIC_CLASS=106
UCX_NET_DEVICES=@rdma@
`);
    expect(fileOf(tuned(), "etc/netloom/ports/exp0.conf")).toMatch(
      /\ncollective \/etc\/netloom\/ports\/exp0\.collective\n$/,
    );
    expect(fileOf(tuned(), "etc/profile.d/netloom-collective.sh")).toBe(
      "if [ -r /run/netloom/ports/collective.env ]; then set -a; . /run/netloom/ports/collective.env; set +a; fi\n",
    );
  });

  it("changes the hash of routes only where there are several next hops", () => {
    expectHost(tuned(true), "gpu-1").toHaveSysctl("net.ipv4.fib_multipath_hash_policy", "1");
    expectHost(tuned(true), "gpu-1").toHaveSysctl("net.ipv6.fib_multipath_hash_policy", "1");
    expect(
      tuned()
        .hosts.get("gpu-1")!
        .sysctls.map(({ key }) => key),
    ).toEqual(["net.ipv4.tcp_mtu_probing"]);
  });

  it("breaks no rule", () => {
    expect(codes(tuned())).toEqual([]);
  });
});

describe("Dctcp", () => {
  const run = (switchesMarkEcn: boolean, attach = true) =>
    synthToFiles((stack) => {
      const fabric = new JumboFabric(stack, "segment", { switchesCarryJumbo: true, switchesMarkEcn });
      const other = new JumboFabric(stack, "other", { switchesCarryJumbo: true });
      const host = new RdmaNode(stack, "gpu-1", {
        interfaces: [experimentPort(1)],
        fabric: new LossyFabric(stack, "lossy", { segment: attach ? fabric : other }),
      });
      new Dctcp(host, "Dctcp", { fabric });
    });

  it("is set on the route to the segment, with ECN asked for", () => {
    const result = run(true);
    expectStack(result).toHaveNoErrors();
    const host = expectHost(result, "gpu-1");
    host.toHaveSysctl("net.ipv4.tcp_ecn", "1");
    host.toHaveModule("tcp_dctcp");
    expect(result.files.get("hosts/gpu-1/plan")).toContain(
      "route\tmac=0c:42:a1:dd:00:01\t10.10.1.0/24\t-\tcongctl dctcp src 10.10.1.1\n",
    );
  });

  it("is refused where nothing marks, and off the segment", () => {
    expect(run(false).errors.join()).toMatch(
      /NL-027-ROUTE: DCTCP on a segment whose switches are not known to mark ECN/,
    );
    expect(run(true, false).errors.join()).toMatch(/NL-DCTCP-SEGMENT: host gpu-1 is not on this segment/);
  });
});
