import { describe, expect, it } from "vitest";
import { JumboFabric, MachineType, nicModel, Platform, Rate, RdmaNode } from "../../../lib";
import { LossyFabric } from "../../../lib/constructs/rdma";
import { gidOf } from "../../../lib/constructs/rdma/roce-port";
import { IpAddress } from "../../../lib/net";
import { expectHost, expectStack, synthToFiles, type SynthResult } from "../../../lib/testing";
import { cluster, experimentPort, fileOf } from "./support";

describe("RdmaNode", () => {
  it("writes one file that says everything about the port", () => {
    expect(fileOf(cluster(), "etc/netloom/ports/exp0.conf")).toBe(`selector mac=0c:42:a1:dd:00:01
guard yes
tools inbox
rdma v2
roce-mtu 4096
gid 0000:0000:0000:0000:0000:ffff:0a0a:0101
tos 106
cnp-dscp 48
ecn 3
pfc 0:off 1:off 2:off 3:on 4:off 5:off 6:off 7:off
prio-tc 0:0 1:1 2:2 3:3 4:4 5:5 6:6 7:0
tc-tsa 0:ets 1:ets 2:ets 3:ets 4:ets 5:strict 6:strict 7:ets
tc-bw 0:20 1:15 2:5 3:50 4:10 5:0 6:0 7:0
maxrate 5:15000mbit 6:5000mbit
maxrate-gbit 0:0 1:0 2:0 3:0 4:0 5:15 6:5 7:0
app 0:0 1:0 8:0 10:1 16:2 18:1 26:3 34:4 46:5 48:6
qdisc root handle 1: mqprio num_tc 8 map 0 1 2 3 4 5 6 7 0 0 0 0 0 0 0 0 hw 1 mode dcb
enters 0 1:ffe0
enters 1 1:ffe0
enters 8 1:ffe0
enters 10 1:ffe1
enters 16 1:ffe2
enters 18 1:ffe1
enters 26 1:ffe3
enters 34 1:ffe4
enters 46 1:ffe5
enters 48 1:ffe6
storm 65535
affinity numa
`);
  });

  it("starts it before the network is online, and again whenever the file changes", () => {
    const unit = fileOf(cluster(), "etc/systemd/system/netloom-port-exp0.service");
    expect(unit.replace(/DIGEST=[0-9a-f]{16}/, "DIGEST=…")).toBe(`[Unit]
Description=Queues and RDMA of port exp0
After=network-pre.target
After=systemd-modules-load.service
Before=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
Environment=NETLOOM_PORT_DIGEST=…
ExecStart=/bin/sh /etc/netloom/scripts/port apply /etc/netloom/ports/exp0.conf
ExecStopPost=/bin/sh /etc/netloom/scripts/port stop /etc/netloom/ports/exp0.conf

[Install]
WantedBy=multi-user.target
`);
    const other = cluster({ node: { tools: "nvidia" } });
    expect(fileOf(other, "etc/systemd/system/netloom-port-exp0.service")).not.toBe(unit);
  });

  it("looks into the .link file of ports that have one only", () => {
    const verify = (port: object): string => cluster({ port }).files.get("hosts/gpu-1/verify")!;
    expect(verify({})).toContain("port check link ");
    const byName = verify({ mac: undefined, name: "ens2f0" });
    expect(byName).toContain("port check numa ");
    expect(byName).not.toContain("port check link ");
  });

  it("brings driver, user space, limits and queues", () => {
    const host = expectHost(cluster(), "gpu-1");
    for (const module of ["mlx5_ib", "ib_uverbs", "rdma_cm", "rdma_ucm"]) host.toHaveModule(module);
    const result = cluster();
    const links = result.hosts.get("gpu-1")!.links.map(({ value }) => `${value.property}=${value.value}`);
    expect(links).toEqual([
      "adaptiveRxCoalesce=true",
      "autoPause=false",
      "channels=36",
      "mtu=9000",
      "rxPause=false",
      "rxRing=max",
      "txPause=false",
      "txRing=max",
    ]);
    expect(result.hosts.get("gpu-1")!.packages.map(({ value }) => value.nix ?? value.debian)).toEqual([
      "ethtool",
      "ibverbs-utils",
      "nftables",
      "rdma-core",
    ]);
    expect(fileOf(result, "etc/security/limits.d/60-netloom.conf")).toContain("* - memlock unlimited");
  });

  it("keeps rings and waits short for the latency profile", () => {
    const links = cluster({ node: { profile: "latency" } })
      .hosts.get("gpu-1")!
      .links.map(({ key, value }) => `${key}=${value.value}`);
    expect(links).toContain("exp0 rxCoalesceMicros=0");
    expect(links).toContain("exp0 adaptiveRxCoalesce=false");
    expect(links.join()).not.toContain("Ring");
  });

  it("on a lossy fabric enables no pause of any kind and touches no pause setting", () => {
    const result = cluster({ lossy: true, marks: false });
    const conf = fileOf(result, "etc/netloom/ports/exp0.conf");
    expect(conf).toContain("pfc 0:off 1:off 2:off 3:off 4:off 5:off 6:off 7:off\n");
    expect(conf).not.toMatch(/^(storm|ecn) /m);
    expect(result.hosts.get("gpu-1")!.links.some(({ value }) => /Pause/.test(value.property))).toBe(false);
  });

  it("proves the device, MTU, GID, ToS, queues, interrupts and errors", () => {
    const checks = cluster()
      .hosts.get("gpu-1")!
      .checks.filter(({ kind }) => kind === "command");
    expect(checks.map(({ phase, args }) => `${phase} ${args[2]}`).sort()).toEqual(
      [
        "local device",
        "local mtu",
        "local gid",
        "local tos",
        "local pfc",
        "local ets",
        "local app",
        "local qdisc",
        "local link",
        "local numa",
        "pair errors",
      ]
        .map((line) => `${line.replace(" ", " sh /etc/netloom/scripts/port check ")} /etc/netloom/ports/exp0.conf`)
        .concat("pair sh /etc/netloom/scripts/port check classes /etc/netloom/ports/exp0.conf 10.10.1.2")
        .sort(),
    );
  });

  it("measures bandwidth only when asked to, at nine tenths of the link", () => {
    const result = cluster({ node: { benchmark: true } });
    expectStack(result).toHaveNoErrors();
    const host = result.hosts.get("gpu-1")!;
    const check = host.checks.find(({ phase }) => phase === "benchmark")!;
    expect(check.args[2]).toBe(
      "sh /etc/netloom/scripts/port check bandwidth /etc/netloom/ports/exp0.conf 10.10.1.2 90",
    );
    const server = host.units.find(({ key }) => key === "netloom-perftest.service")!;
    expect(server.value.service).toMatchObject({
      ExecStart: "/bin/sh /etc/netloom/scripts/port serve /etc/netloom/ports/exp0.conf",
      IPAddressDeny: "any",
      IPAddressAllow: "10.10.1.0/24",
    });
    expect(host.openPorts.map(({ value }) => value)).toContainEqual({
      protocol: "tcp",
      port: 18515,
      interface: "exp0",
    });
    expect(
      cluster()
        .hosts.get("gpu-1")!
        .checks.some(({ phase }) => phase === "benchmark"),
    ).toBe(false);
  });

  it("asks every server for one measurement only, since it serves one client at a time", () => {
    const result = cluster({ nodes: 4, node: { benchmark: true } });
    const asked = [...result.hosts.values()].map(
      ({ checks }) => /10\.10\.1\.\d/.exec(checks.find(({ phase }) => phase === "benchmark")!.args[2]!)![0],
    );
    expect(asked.sort()).toEqual(["10.10.1.1", "10.10.1.2", "10.10.1.3", "10.10.1.4"]);
  });

  const measurement = (result: SynthResult, name: string) =>
    result.hosts.get(name)!.checks.find(({ phase }) => phase === "benchmark")?.args[2];
  const gidLine = (result: SynthResult) => /^gid .*$/m.exec(fileOf(result, "etc/netloom/ports/exp0.conf"))?.[0];

  it("speaks IPv4 where the port has both, whichever is written first: every host has to choose the same", () => {
    const both = (n: number, addresses: readonly string[]) => ({ interfaces: [experimentPort(n, { addresses })] });
    const result = cluster({
      each: (n) => ({
        benchmark: true,
        ...both(n, n === 1 ? ["fd00:10::1/64", "10.10.1.1/24"] : ["10.10.1.2/24", "fd00:10::2/64"]),
      }),
    });
    expectStack(result).toHaveNoErrors();
    expect(gidLine(result)).toBe("gid 0000:0000:0000:0000:0000:ffff:0a0a:0101");
    expect(measurement(result, "gpu-1")).toContain(" 10.10.1.2 ");
    expect(measurement(result, "gpu-2")).toContain(" 10.10.1.1 ");
  });

  it("measures over IPv6 where there is nothing else", () => {
    const result = cluster({
      each: (n) => ({ benchmark: true, interfaces: [experimentPort(n, { addresses: [`fd00:10::${n}/64`] })] }),
    });
    expect(gidLine(result)).toBe("gid fd00:0010:0000:0000:0000:0000:0000:0001");
    expect(measurement(result, "gpu-1")).toContain(" fd00:10::2 ");
  });

  it("does not measure to hosts that have no address of its family, and says so where nobody is left", () => {
    const result = cluster({
      nodes: 3,
      each: (n) => ({
        benchmark: true,
        interfaces: [experimentPort(n, { addresses: [n === 2 ? "fd00:10::2/64" : `10.10.1.${n}/24`] })],
      }),
    });
    expect(measurement(result, "gpu-1")).toContain(" 10.10.1.3 ");
    expect(measurement(result, "gpu-3")).toContain(" 10.10.1.1 ");
    expect(measurement(result, "gpu-2")).toBeUndefined();
    const notes = (name: string) => result.hosts.get(name)!.notes.filter(({ text }) => text.includes("ib_write_bw"));
    expect(notes("gpu-2").map(({ text }) => text)).toEqual([
      "No ib_write_bw from gpu-2: nobody on test/segment has an IPv6 address for RDMA as it has.",
    ]);
    expect(notes("gpu-1")).toEqual([]);
  });

  it("on c220g5 is refused, with the CloudLab types that would do", () => {
    const result = synthToFiles((stack) => {
      const segment = new JumboFabric(stack, "segment");
      const fabric = new LossyFabric(stack, "fabric", { segment });
      new RdmaNode(stack, "node-0", {
        machineType: MachineType.of("c220g5"),
        interfaces: [{ id: "exp0", mac: "0c:42:a1:dd:00:01", addresses: ["10.10.1.1/24"] }],
        fabric,
      });
    });
    expect(result.errors.join("\n")).toBe(
      `NL-RDMA-CARD: c220g5 cannot run RoCE: Intel X520 (82599ES) (ixgbe) has no RDMA
  at:      test/node-0/Rdma
  value:   "c220g5"
  allowed: a card that speaks RoCE; CloudLab types that have one: c6220 (Apt, Mellanox ConnectX-3), c6525-100g (Utah, Mellanox ConnectX-5), c6525-25g (Utah, Mellanox ConnectX-5), d6515 (Utah, Mellanox ConnectX-5), d7525 (Wisconsin, Mellanox ConnectX-6), d8545 (Wisconsin, Mellanox ConnectX-6), m400 (Utah, Mellanox ConnectX-3), m510 (Utah, Mellanox ConnectX-3), r320 (Apt, Mellanox ConnectX-3), r650 (Clemson, Mellanox ConnectX-6), r6525 (Clemson, Mellanox ConnectX-6), r7525 (Clemson, NVIDIA BlueField-2), sm110p (Wisconsin, Mellanox ConnectX-6 Dx), sm220u (Wisconsin, Mellanox ConnectX-6 Dx), xl170 (Utah, Mellanox ConnectX-4 Lx)
  fix:     another machine type, or softRoce: true for functional tests`,
    );
  });

  it("on c220g5 runs soft-RoCE when told so, and says what that is", () => {
    const result = synthToFiles((stack) => {
      const segment = new JumboFabric(stack, "segment", { mtu: 1500 });
      const fabric = new LossyFabric(stack, "fabric", { segment });
      new RdmaNode(stack, "gpu-1", {
        machineType: MachineType.of("c220g5"),
        interfaces: [{ id: "exp0", mac: "0c:42:a1:dd:00:01", addresses: ["fd00:10::1/64"] }],
        fabric,
        softRoce: true,
      });
    });
    expectStack(result).toHaveNoErrors();
    const host = result.hosts.get("gpu-1")!;
    expect(host.modules.map(({ key }) => key)).toEqual([
      "crc32_generic",
      "ib_uverbs",
      "rdma_cm",
      "rdma_rxe",
      "rdma_ucm",
    ]);
    expect(fileOf(result, "etc/netloom/ports/exp0.conf")).toContain(
      "rdma soft\nroce-mtu 1024\ngid fd00:0010:0000:0000:0000:0000:0000:0001\naffinity none\n",
    );
    expect(host.notes.map(({ text }) => text).join("\n")).toContain("runs soft-RoCE: good for functional tests");
    expect(host.openPorts.map(({ value }) => value.port)).toEqual([4791]);
    expect(host.nftables).toEqual([]);
  });

  it("with a ConnectX-3 speaks RoCE v1, which no lossless fabric takes", () => {
    const old = {
      port: { nic: nicModel("connectx-3"), speed: Rate.gbps(10) },
      node: { machineType: MachineType.of("m510") },
    };
    const result = cluster({ ...old, lossy: true });
    expectStack(result).toHaveNoErrors();
    const conf = fileOf(result, "etc/netloom/ports/exp0.conf");
    expect(conf).toContain("rdma v1\n");
    expect(conf).not.toMatch(/^(tos|pfc|app|qdisc) /m);
    expectHost(result, "gpu-1").toHaveModule("mlx4_ib");
    expect(cluster(old).errors.join("\n")).toMatch(
      /NL-019: packets of RoCE v1 carry no DSCP[\s\S]*fix: {5}new LossyFabric/,
    );
  });

  it("needs an address on the port", () => {
    expect(cluster({ port: { addresses: [] } }).errors.join("\n")).toMatch(
      /NL-RDMA-ADDRESS: port exp0 of gpu-1 has no address/,
    );
  });

  it("never takes the control port", () => {
    expect(cluster({ node: { interface: "control" } }).errors.join("\n")).toMatch(/NL-PORT-CHOICE[\s\S]*allowed: exp0/);
  });

  it("becomes a NixOS module with the same port file and unit", () => {
    const result = cluster({ node: { platform: Platform.nixos() } });
    const nix = result.files.get("hosts/gpu-1/host.nix")!;
    expect(nix).toContain('"netloom/ports/exp0.conf"');
    expect(nix).toContain("pfc 0:off 1:off 2:off 3:on 4:off 5:off 6:off 7:off");
    expect(nix).toContain("netloom-port-exp0");
    expect(nix).toContain("RxBufferSize=max");
    expect(nix).toContain("rdma-core");
    expect(nix).toMatch(/memlock/);
  });

  it("writes the same bytes twice", () => {
    expect([...cluster().files]).toEqual([...cluster().files]);
  });
});

it("a GID is the address as sysfs prints it", () => {
  expect(gidOf(IpAddress.parse("10.10.1.1"))).toBe("0000:0000:0000:0000:0000:ffff:0a0a:0101");
  expect(gidOf(IpAddress.parse("fd00:10::1"))).toBe("fd00:0010:0000:0000:0000:0000:0000:0001");
});
