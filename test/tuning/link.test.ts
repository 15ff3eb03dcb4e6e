import { describe, expect, it } from "vitest";
import { MachineType, nicModel } from "../../lib/hardware";
import {
  combinedChannels,
  cpuMask,
  flowSteering,
  goodputRatio,
  innerMtu,
  overhead,
  pingPayload,
  requireRoceMtu,
  ringSize,
  ringVerdict,
  roceMtu,
  rpsCpus,
  segmentSize,
  udpPayload,
  wireguardKeepalive,
  wireguardMtu,
  xpsCpus,
} from "../../lib/tuning";
import { Mtu } from "../../lib/units";

describe("MTU arithmetic", () => {
  it.each([
    ["vlan", 4, 0],
    ["vxlan", 4, 50],
    ["vxlan", 6, 70],
    ["geneve", 4, 50],
    ["wireguard", 4, 60],
    ["wireguard", 6, 80],
    ["wireguard", "mixed", 80],
    ["none", 4, 0],
  ] as const)("%s over IPv%s takes %d bytes", (encapsulation, family, bytes) => {
    expect(overhead(encapsulation, family).value).toBe(bytes);
  });

  it.each([
    [1500, "none", 0.9415],
    [9000, "none", 0.99],
    [1500, "wireguard", 0.9025],
    [9000, "wireguard", 0.9834],
    [1500, "vxlan", 0.909],
    [9000, "vxlan", 0.9845],
  ] as const)("at %d with %s, %d of the line rate is data", (mtu, encapsulation, ratio) => {
    expect(goodputRatio(Mtu.of(mtu), encapsulation)).toBeCloseTo(ratio, 4);
  });

  it("gives WireGuard 8920 on a jumbo link of unknown family and 8940 on IPv4", () => {
    expect(wireguardMtu(Mtu.jumbo, "mixed").value.value).toBe(8920);
    expect(wireguardMtu(Mtu.jumbo, 4).value.value).toBe(8940);
    expect(wireguardMtu(Mtu.ethernet, 6).value.value).toBe(1420);
    expect(wireguardMtu(Mtu.jumbo, 6).because).toBe("9000 - 80 (40 IPv6 + 8 UDP + 16 header + 16 tag)");
    expect(innerMtu(Mtu.ethernet, "vxlan", 4).value.value).toBe(1450);
  });

  it("fills packets exactly", () => {
    expect(pingPayload(Mtu.jumbo, 4).toBytes()).toBe(8972);
    expect(pingPayload(Mtu.jumbo, 6).toBytes()).toBe(8952);
    expect(segmentSize(Mtu.ethernet, 4, false).toBytes()).toBe(1460);
    expect(segmentSize(Mtu.ethernet, 6).toBytes()).toBe(1428);
    expect(udpPayload(Mtu.jumbo, 4).toBytes()).toBe(8972);
  });

  it("keeps NAT mappings open, and only those", () => {
    expect(wireguardKeepalive({ behindNat: true })?.value.toSeconds()).toBe(25);
    expect(wireguardKeepalive({ behindNat: false })).toBeUndefined();
  });
});

describe("RoCE MTU", () => {
  it.each([
    [352, 256],
    [607, 256],
    [608, 512],
    [1119, 512],
    [1120, 1024],
    [1500, 1024],
    [2143, 1024],
    [2144, 2048],
    [4191, 2048],
    [4192, 4096],
    [9000, 4096],
  ])("of Ethernet MTU %d is %d", (ethernet, expected) => {
    expect(roceMtu(Mtu.of(ethernet)).value).toBe(expected);
  });

  it("does not exist below 352", () => {
    expect(() => roceMtu(Mtu.of(351))).toThrow(/NL-ROCE-MTU[\s\S]*at least 352/);
  });

  it("is one of five values", () => {
    expect(requireRoceMtu(1024)).toBe(1024);
    expect(() => requireRoceMtu(9000)).toThrow(/no such path MTU[\s\S]*256, 512, 1024, 2048, 4096/);
  });
});

describe("queues and rings", () => {
  it("have one queue for each physical core of the card's node", () => {
    expect(combinedChannels(nicModel("x520"), MachineType.of("c220g5")).value).toBe(10);
    expect(combinedChannels(nicModel("connectx-6"), MachineType.of("r650")).value).toBe(36);
    expect(combinedChannels(nicModel("x520"), MachineType.of("r650"))).toMatchObject({
      value: 16,
      because: "Intel X520 (82599ES) spreads over 16 queues at most",
    });
  });

  it("compare rings with the card", () => {
    expect(ringVerdict(nicModel("x520"), 4096)).toBe("fine");
    expect(ringVerdict(nicModel("x520"), 8192)).toBe("above-maximum");
    expect(ringVerdict(nicModel("x520"), 1001)).toBe("not-a-multiple");
    expect(ringVerdict(nicModel("bcm57414"), 2047)).toBe("unknown-maximum");
    expect(ringSize("throughput")?.value).toBe("max");
    expect(ringSize("latency")).toBeUndefined();
  });

  it("write CPU masks as the kernel reads them", () => {
    expect(cpuMask([])).toBe("0");
    expect(cpuMask([0])).toBe("1");
    expect(cpuMask([4, 5, 6, 7])).toBe("f0");
    expect(cpuMask([31])).toBe("80000000");
    expect(cpuMask([32])).toBe("1,00000000");
    expect(cpuMask([0, 64])).toBe("1,00000000,00000001");
    expect(() => cpuMask([-1])).toThrow(/NL-CPU-MASK/);
  });

  it("steer to CPUs that the machine has", () => {
    const machine = MachineType.of("c220g5"); // 2 × 10 cores of 2 threads
    expect(rpsCpus(1, [0, 39], 0, machine).value).toEqual([39]);
    expect(() => rpsCpus(1, [0, 40], 0, machine)).toThrow(/NL-CPU-MASK: c220g5 has 40 CPUs[\s\S]*0 to 39/);
    expect(() => rpsCpus(64, [0, 1], 40, machine)).toThrow(/NL-CPU-MASK/);
    expect(() => rpsCpus(1, [0, 1.5], 0, machine)).toThrow(/NL-CPU-MASK/);
  });

  it("steer in software only where the card does not", () => {
    expect(rpsCpus(16, [0, 1, 2, 3], 0).value).toEqual([]);
    expect(rpsCpus(1, [0, 2, 4], 2).value).toEqual([0, 4]);
    expect(rpsCpus(4, [0, 1, 2, 3], 0)).toMatchObject({ value: [], because: "4 hardware queues serve 4 CPUs already" });
    expect(flowSteering(16).value).toEqual({ entries: 32768, perQueue: 2048 });
    expect(xpsCpus(4, [0, 2]).value).toEqual([0, 2, 0, 2]);
  });
});
