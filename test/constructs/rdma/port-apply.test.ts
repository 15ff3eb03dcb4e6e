import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FabricPort } from "../../../lib/host";
import { renderFabricPort } from "../../../lib/render/fabric-port";
import { itWith } from "../../support/tools";
import { FIXTURES, GID, LOSSLESS, PORT, type PortLab, r650Lab } from "./port-lab";

// Every run of the script starts some dozen programs, and other tests run beside this one.
vi.setConfig({ testTimeout: 60_000 });

let lab: PortLab;
beforeEach(() => {
  lab = r650Lab();
});
afterEach(() => lab.remove());

const conf = (port: Partial<FabricPort> = {}): string => renderFabricPort({ ...PORT, ...port });

describe("the port script with the real dcb", () => {
  itWith(["cc", "dcb"], "sets DSCP, weights and priority flow control once, and then nothing more", () => {
    lab.realDcb();
    expect(lab.apply(renderFabricPort(LOSSLESS))).toMatchObject({ status: 0, errors: "" });
    expect(lab.calls()).toEqual([
      "dcb app replace dev ens2f0 dscp-prio 0:0 1:0 8:0 10:1 16:2 18:1 26:3 34:4 46:5 48:6",
      "dcb ets set dev ens2f0 willing off prio-tc 0:0 1:1 2:2 3:3 4:4 5:5 6:6 7:0 tc-tsa 0:ets 1:ets 2:ets 3:ets 4:ets 5:strict 6:strict 7:ets tc-bw 0:20 1:15 2:5 3:50 4:10 5:0 6:0 7:0",
      "dcb pfc set dev ens2f0 prio-pfc 0:off 1:off 2:off 3:on 4:off 5:off 6:off 7:off",
      "dcb maxrate set dev ens2f0 tc-maxrate 5:15000mbit 6:5000mbit",
      "ethtool --set-tunable ens2f0 pfc-prevention-tout 65535",
    ]);
    expect(["pfc", "ets", "app"].map((what) => lab.check(what).status)).toEqual([0, 0, 0]);
    lab.calls();
    expect(lab.apply(renderFabricPort(LOSSLESS)).status).toBe(0);
    expect(lab.calls().filter((call) => /^dcb (app|ets|pfc)/.test(call))).toEqual([]);
  });

  itWith(["cc", "dcb"], "takes away DSCP entries that the plan does not have", () => {
    lab.realDcb();
    lab.apply(
      renderFabricPort({
        ...LOSSLESS,
        dscp: [
          [26, 3],
          [40, 3],
        ],
      }),
    );
    lab.calls();
    lab.apply(renderFabricPort({ ...LOSSLESS, dscp: [[26, 4]] }));
    expect(lab.calls().filter((call) => call.startsWith("dcb app"))).toEqual([
      "dcb app del dev ens2f0 dscp-prio 26:3",
      "dcb app del dev ens2f0 dscp-prio 40:3",
      "dcb app replace dev ens2f0 dscp-prio 26:4",
    ]);
  });

  itWith(["cc", "dcb"], "puts the card back to what it was, interrupts included", () => {
    lab.realDcb();
    lab.apply(renderFabricPort(LOSSLESS));
    expect(lab.read("proc/irq/71/smp_affinity_list")).toBe("5");
    lab.calls();
    expect(lab.stop()).toMatchObject({ status: 0, errors: "", output: "" });
    expect(lab.calls().filter((call) => /^dcb (ets|pfc)/.test(call))).toEqual([
      "dcb ets set dev ens2f0 willing off prio-tc 0:1 1:0 2:2 3:3 4:4 5:5 6:6 7:7 tc-tsa 0:vendor 1:vendor 2:vendor 3:vendor 4:vendor 5:vendor 6:vendor 7:vendor tc-bw 0:0 1:0 2:0 3:0 4:0 5:0 6:0 7:0",
      "dcb pfc set dev ens2f0 prio-pfc 0:off 1:off 2:off 3:off 4:off 5:off 6:off 7:off",
    ]);
    expect(lab.read("proc/irq/71/smp_affinity_list")).toBe("0");
    expect(lab.check("app").output).toBe("nothing");
    expect(lab.exists("run/ports/exp0.dcb")).toBe(false);
  });

  itWith(["cc", "dcb"], "sees when somebody changed the card afterwards", () => {
    lab.realDcb();
    lab.apply(renderFabricPort(LOSSLESS));
    lab.write("exp0.conf", renderFabricPort({ ...LOSSLESS, pfc: LOSSLESS.pfc!.map(() => true) }));
    expect(lab.check("pfc")).toMatchObject({ status: 1, output: "0:off 1:off 2:off 3:on 4:off 5:off 6:off 7:off" });
  });
});

describe("stopping", () => {
  const MQPRIO = "root handle 1: mqprio num_tc 8";

  it("takes back what was applied, though the file says something else by then", () => {
    lab.apply(conf({ qdisc: MQPRIO }));
    lab.calls();
    lab.write("exp0.conf", conf());
    expect(lab.stop()).toMatchObject({ status: 0, errors: "" });
    expect(lab.calls()).toEqual(["tc qdisc del dev ens2f0 root"]);
  });

  it("touches nothing where nothing was applied, such as a control port that was refused", () => {
    lab.write("controlif", "ens2f0\n");
    expect(lab.apply(conf({ qdisc: MQPRIO }))).toMatchObject({ status: 1 });
    expect(lab.stop()).toMatchObject({ status: 0, errors: "" });
    expect(lab.calls()).toEqual([]);
  });

  it("gives connections, the card's reactions and storm prevention their former values", () => {
    lab.write("sys/class/net/ens2f0/ecn/roce_np/cnp_dscp", "0\n");
    lab.program("ethtool", `[ "$1" != --get-tunable ] || echo 'pfc-prevention-tout: 8000'`);
    const plan = conf({ ecnPriority: 3, cnpDscp: 48, stormPrevention: 65535 });
    lab.apply(plan);
    lab.apply(plan);
    expect(lab.read("configfs/rdma_cm/mlx5_2/ports/1/default_roce_tos")).toBe("106");
    expect(lab.stop()).toMatchObject({ status: 0, errors: "", output: "" });
    expect(lab.read("configfs/rdma_cm/mlx5_2/ports/1/default_roce_tos")).toBe("0");
    expect(lab.read("configfs/rdma_cm/mlx5_2/ports/1/default_roce_mode")).toBe("IB/RoCE v1");
    expect(lab.read("sys/class/net/ens2f0/ecn/roce_np/cnp_dscp")).toBe("0");
    expect(lab.calls().at(-1)).toBe("ethtool --set-tunable ens2f0 pfc-prevention-tout 8000");
  });

  itWith(["cc", "dcb"], "leaves limits of traffic classes that were there before", () => {
    lab.realDcb();
    const dcb = (words: string): string =>
      spawnSync(`${lab.directory}/bin/dcb`, words.split(" "), { encoding: "utf8" }).stdout.trim();
    dcb("maxrate set dev lo tc-maxrate 2:7Gbit");
    const before = dcb("maxrate show dev lo");
    expect(before).toContain("2:7Gbit");
    lab.apply(renderFabricPort(LOSSLESS));
    expect(dcb("maxrate show dev lo")).toContain("6:5Gbit");
    lab.stop();
    expect(dcb("maxrate show dev lo")).toBe(before);
  });
});

describe("the port script with NVIDIA's tools", () => {
  it("calls mlnx_qos with lists in the order of the traffic classes", () => {
    lab.program("dcb", "exit 127");
    expect(
      lab.apply(
        renderFabricPort({
          ...LOSSLESS,
          tools: "nvidia",
          dscp: [
            [26, 3],
            [48, 6],
          ],
        }),
      ).status,
    ).toBe(0);
    expect(lab.calls()).toEqual([
      "mlnx_qos -i ens2f0 --trust dscp",
      "mlnx_qos -i ens2f0 --dscp2prio set,26,3",
      "mlnx_qos -i ens2f0 --dscp2prio set,48,6",
      "mlnx_qos -i ens2f0 --pfc 0,0,0,1,0,0,0,0",
      "mlnx_qos -i ens2f0 -p 0,1,2,3,4,5,6,0 -s ets,ets,ets,ets,ets,strict,strict,ets -t 20,15,5,50,10,0,0,0",
      "mlnx_qos -i ens2f0 -r 0,0,0,0,0,15,5,0",
      "ethtool --set-tunable ens2f0 pfc-prevention-tout 65535",
    ]);
  });

  const PLAN = renderFabricPort({ ...LOSSLESS, tools: "nvidia" });

  it("proves by them what they set", () => {
    lab.mlnxQos();
    expect(lab.apply(PLAN)).toMatchObject({ status: 0, errors: "" });
    expect(["pfc", "ets", "app"].map((what) => [what, lab.check(what).status])).toEqual([
      ["pfc", 0],
      ["ets", 0],
      ["app", 0],
    ]);
    lab.write("exp0.conf", renderFabricPort({ ...LOSSLESS, tools: "nvidia", dscp: [[26, 4]] }));
    expect(lab.check("app")).toMatchObject({ status: 1, output: "26:3" });
    lab.write("exp0.conf", renderFabricPort({ ...LOSSLESS, tools: "nvidia", pfc: LOSSLESS.pfc!.map(() => true) }));
    expect(lab.check("pfc")).toMatchObject({ status: 1, output: "0:off 1:off 2:off 3:on 4:off 5:off 6:off 7:off" });
    lab.write("exp0.conf", renderFabricPort({ ...LOSSLESS, tools: "nvidia", tcBw: [25, 10, 5, 50, 10, 0, 0, 0] }));
    expect(lab.check("ets").status).toBe(1);
  });

  it("puts the card back to what it was", () => {
    lab.mlnxQos();
    const state = (): unknown => JSON.parse(lab.read("card.json"));
    const before = {
      trust: "pcp",
      dscp: {},
      pfc: [0, 0, 0, 0, 1, 0, 0, 0],
      tc: [1, 0, 2, 3, 4, 5, 6, 7],
      tsa: ["vendor", "strict", "ets", "ets", "vendor", "vendor", "vendor", "vendor"],
      bw: [0, 0, 60, 40, 0, 0, 0, 0],
      rate: [0, 0, 0, 0, 0, 0, 0, 7],
    };
    lab.write("card.json", JSON.stringify(before));
    lab.apply(PLAN);
    expect(state()).not.toEqual(before);
    expect(lab.stop()).toMatchObject({ status: 0, errors: "", output: "" });
    expect(state()).toEqual(before);
  });

  it("reads what the tool of 5.x prints", () => {
    lab.program("dcb", "exit 127");
    lab.prints("mlnx_qos", "*", "mlnx_qos-5.x.txt");
    lab.write(
      "exp0.conf",
      renderFabricPort({
        ...LOSSLESS,
        tools: "nvidia",
        dscp: [
          [26, 3],
          [48, 6],
        ],
      }),
    );
    expect(lab.check("pfc")).toMatchObject({ status: 0 });
    expect(lab.check("app")).toMatchObject({ status: 0, output: "26:3 48:6" });
    expect(lab.check("ets").status).toBe(1);
  });

  it("stops when the tool refuses", () => {
    lab.program("mlnx_qos", "exit 1");
    expect(lab.apply(renderFabricPort({ ...LOSSLESS, tools: "nvidia" }))).toMatchObject({
      status: 1,
      errors: "netloom port exp0: mlnx_qos refused",
    });
  });
});

describe("the port script sets up RoCE", () => {
  it("gives connections version 2 and the type of service, and proves both", () => {
    expect(lab.apply(conf())).toMatchObject({ status: 0, errors: "" });
    expect(lab.read("configfs/rdma_cm/mlx5_2/ports/1/default_roce_mode")).toBe("RoCE v2");
    expect(lab.read("configfs/rdma_cm/mlx5_2/ports/1/default_roce_tos")).toBe("106");
    expect(lab.check("tos")).toMatchObject({ status: 0, output: "106" });
    lab.write("configfs/rdma_cm/mlx5_2/ports/1/default_roce_tos", "0\n");
    expect(lab.check("tos")).toMatchObject({ status: 1, output: "0" });
  });

  it("has NVIDIA's driver answer marks in the RoCE priority, with congestion packets in their own class", () => {
    for (const file of ["roce_np/enable/3", "roce_rp/enable/3", "roce_rp/enable/4", "roce_np/cnp_dscp"])
      lab.write(`sys/class/net/ens2f0/ecn/${file}`, "0\n");
    expect(lab.apply(conf({ ecnPriority: 3, cnpDscp: 48 }))).toMatchObject({ status: 0, errors: "" });
    const ecn = (file: string): string => lab.read(`sys/class/net/ens2f0/ecn/${file}`);
    expect(["roce_np/enable/3", "roce_rp/enable/3", "roce_np/cnp_dscp"].map(ecn)).toEqual(["1", "1", "48"]);
    expect(ecn("roce_rp/enable/4")).toBe("0");
  });

  it("finds the GID that has the address and the version, wherever it stands", () => {
    lab.write("exp0.conf", conf());
    expect(lab.check("gid").output).toBe("RoCE v2 GID 3 of mlx5_2");
    lab.write("exp0.conf", conf({ rdma: "v1" }));
    expect(lab.check("gid").output).toBe("IB/RoCE v1 GID 2 of mlx5_2");
    lab.write("exp0.conf", conf({ gid: GID.replace("0101", "0199") }));
    expect(lab.check("gid").status).toBe(1);
  });

  it("reads the active MTU out of ibv_devinfo", () => {
    lab.write("exp0.conf", conf());
    lab.prints("ibv_devinfo", '"-d mlx5_2 -i 1"', "ibv_devinfo-39-mlx5.txt");
    expect(lab.check("mtu")).toMatchObject({ status: 0, output: "4096" });
    lab.program(
      "ibv_devinfo",
      `sed 's/active_mtu:.*/active_mtu: 1024 (3)/' '${__dirname}/../../fixtures/rdma/ibv_devinfo-44-rxe.txt'`,
    );
    expect(lab.check("mtu")).toMatchObject({ status: 1, output: "1024" });
  });

  it("spreads interrupts over the physical cores of the card's node, and proves it", () => {
    lab.apply(conf());
    expect([70, 71, 72].map((irq) => lab.read(`proc/irq/${irq}/smp_affinity_list`))).toEqual(["4", "5", "4"]);
    expect(lab.check("numa")).toMatchObject({ status: 0, output: "3 interrupts on CPUs 4-7" });
    lab.write("proc/irq/71/smp_affinity_list", "6-7\n");
    expect(lab.check("numa").status).toBe(0);
    lab.write("proc/irq/71/smp_affinity_list", "0-1\n");
    expect(lab.check("numa")).toMatchObject({
      status: 1,
      output: "interrupt:CPU off the card's node (4-7): 71:0 71:1",
    });
  });

  it("says that irqbalance may undo that", () => {
    lab.program("systemctl", "exit 0");
    expect(lab.apply(conf()).output).toContain("irqbalance is running");
  });

  describe("counts errors", () => {
    const counter = (name: string): string =>
      `${lab.directory}/sys/class/infiniband/mlx5_2/ports/1/hw_counters/${name}`;
    const afterLooking = (name: string, value: number): void =>
      lab.program("sleep", `echo ${value} >'${counter(name)}'`);
    beforeEach(() => {
      lab.program("sleep", "");
      lab.apply(conf());
      lab.write("exp0.conf", conf({ pfc: LOSSLESS.pfc }));
    });

    it("while peers are up, and says those since the port was set up", () => {
      afterLooking("packet_seq_err", 9);
      expect(lab.check("errors")).toMatchObject({
        status: 1,
        output:
          "in 2 s: packet_seq_err+2 out_of_sequence+0; since the port was set up: packet_seq_err+2 out_of_sequence+0",
      });
    });

    it("and does not hold those of the past against a deploy", () => {
      lab.write("sys/class/infiniband/mlx5_2/ports/1/hw_counters/packet_seq_err", "9\n");
      expect(lab.check("errors")).toMatchObject({
        status: 0,
        output:
          "in 2 s: packet_seq_err+0 out_of_sequence+0; since the port was set up: packet_seq_err+2 out_of_sequence+0",
      });
    });

    it("and takes no lost packets amiss where switches may drop, only failed operations", () => {
      lab.write("sys/class/infiniband/mlx5_2/ports/1/hw_counters/req_cqe_error", "0\n");
      lab.apply(conf());
      afterLooking("packet_seq_err", 9);
      expect(lab.check("errors").status).toBe(0);
      lab.write("exp0.conf", conf({ pfc: LOSSLESS.pfc!.map(() => false) }));
      afterLooking("packet_seq_err", 10);
      expect(lab.check("errors").status).toBe(0);
      afterLooking("req_cqe_error", 1);
      expect(lab.check("errors").status).toBe(1);
    });
  });

  it("fills in the names of devices for collective libraries", () => {
    lab.write("exp0.collective", "NCCL_IB_HCA==@rdma@\nNCCL_IB_GID_INDEX=@gid@\nNCCL_SOCKET_IFNAME==@netdev@\n");
    lab.apply(conf({ collective: `${lab.directory}/exp0.collective` }));
    expect(lab.read("run/ports/collective.env")).toBe(
      "NCCL_IB_HCA==mlx5_2:1\nNCCL_IB_GID_INDEX=3\nNCCL_SOCKET_IFNAME==ens2f0",
    );
  });

  it("makes and takes away a soft-RoCE device", () => {
    lab.program(
      "rdma",
      `[ "$*" != '-j link' ] || [ ! -e '${lab.directory}/made' ] || echo '[{"ifname":"rxe-exp0","port":1,"state":"ACTIVE","netdev":"ens2f0"}]'; [ "$2" != add ] || touch '${lab.directory}/made'`,
    );
    spawnSync("rm", ["-r", `${lab.directory}/sys/class/infiniband`]);
    expect(lab.apply(conf({ rdma: "soft", affinity: false, tos: undefined }))).toMatchObject({ status: 0, errors: "" });
    lab.stop();
    expect(lab.calls()).toEqual(["rdma link add rxe-exp0 type rxe netdev ens2f0", "rdma link delete rxe-exp0"]);
  });

  it("makes no soft-RoCE device on the control interface", () => {
    lab.program("rdma", "");
    spawnSync("rm", ["-r", `${lab.directory}/sys/class/infiniband`]);
    lab.write("controlif", "ens2f0\n");
    expect(lab.apply(conf({ rdma: "soft", affinity: false, tos: undefined })).errors).toContain("control interface");
    expect(lab.calls()).toEqual([]);
  });

  it("waits for a card whose driver is late, soft-RoCE too", () => {
    const links = `${FIXTURES}/ip-link-5.15-r650.json`;
    lab.program("ip", `case "$*" in *link*) [ ! -e '${lab.directory}/late' ] || cat '${links}' ;; esac`);
    lab.program("sleep", `touch '${lab.directory}/late'`);
    lab.patience = 3;
    expect(lab.apply(conf({ rdma: "soft", affinity: false, tos: undefined }))).toMatchObject({ status: 0, errors: "" });
  });

  it("takes the name that udev gives a card a moment after it came", () => {
    const links = `${FIXTURES}/ip-link-5.15-r650.json`;
    lab.program("ip", `[ -e '${lab.directory}/named' ] && cat '${links}' || sed 's/ens2f0/eth2/g' '${links}'`);
    lab.program("udevadm", `touch '${lab.directory}/named'`);
    const qdisc = "root handle 1: prio";
    expect(lab.apply(conf({ rdma: "none", affinity: false, qdisc }))).toMatchObject({ status: 0, errors: "" });
    expect(lab.calls()).toEqual(["tc qdisc replace dev ens2f0 root handle 1: prio"]);
  });
});

describe("queues in the kernel", () => {
  it("are a root and its bands", () => {
    lab.apply(
      conf({
        rdma: "none",
        affinity: false,
        qdisc: "root handle 1: ets bands 2 strict 1 quanta 3000 priomap 1 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        bands: [
          ["1:1", "fq_codel noecn"],
          ["1:2", "fq_codel ecn"],
        ],
      }),
    );
    expect(lab.calls()).toEqual([
      "tc qdisc replace dev ens2f0 root handle 1: ets bands 2 strict 1 quanta 3000 priomap 1 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
      "tc qdisc replace dev ens2f0 parent 1:1 fq_codel noecn",
      "tc qdisc replace dev ens2f0 parent 1:2 fq_codel ecn",
    ]);
    lab.program("tc", `case "$*" in *'parent 1:1 '*) exit 2 ;; esac`);
    expect(lab.run("apply", `${lab.directory}/exp0.conf`)).toMatchObject({
      status: 1,
      errors: "netloom port exp0: tc refused the queue of 1:1",
    });
    lab.program("tc", "echo 'qdisc ets 1: root refcnt 2 bands 2'");
    expect(lab.check("qdisc")).toMatchObject({ status: 0, output: "ets" });
    lab.program("tc", "echo 'qdisc mq 0: root'");
    expect(lab.check("qdisc")).toMatchObject({ status: 1, output: "mq" });
  });

  it("take the place of a root that cannot be changed into them", () => {
    lab.program("tc", `[ "$2" != del ] || touch '${lab.directory}/free'; [ -e '${lab.directory}/free' ]`);
    expect(lab.apply(conf({ qdisc: "root handle 1: mqprio num_tc 8" }))).toMatchObject({ status: 0, errors: "" });
    expect(lab.calls()).toEqual([
      "tc qdisc replace dev ens2f0 root handle 1: mqprio num_tc 8",
      "tc qdisc del dev ens2f0 root",
      "tc qdisc replace dev ens2f0 root handle 1: mqprio num_tc 8",
    ]);
  });
});
