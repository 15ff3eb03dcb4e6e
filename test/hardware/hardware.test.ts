import { describe, expect, it } from "vitest";
import { MachineType, nicModel, nicModels, speaksRoce } from "../../lib/hardware";
import { Rate } from "../../lib/units";

describe("NIC models", () => {
  it.each([
    ["x520", "ixgbe", 4096, 512, 9710],
    ["x710", "i40e", 4096, 512, 9702],
    ["i350", "igb", 4096, 256, 9216],
    ["connectx-3", "mlx4_en", 8192, 1024, undefined],
    ["connectx-5", "mlx5_core", 8192, 1024, undefined],
    ["bcm57414", "bnxt_en", undefined, 511, 9500],
    ["e810", "ice", 8160, 2048, 9702],
  ])("%s is driven by %s, with ring %s (%s) and MTU %s", (id, driver, max, normal, mtu) => {
    const nic = nicModel(id);
    expect([nic.driver, nic.ring.max, nic.ring.default, nic.maxMtu]).toEqual([driver, max, normal, mtu]);
  });

  it("speak RoCE only where the hardware does", () => {
    expect(
      nicModels()
        .filter(speaksRoce)
        .map((nic) => nic.id),
    ).toEqual([
      "e810",
      "bcm57414",
      "connectx-3",
      "connectx-3-pro",
      "connectx-4",
      "connectx-4-lx",
      "connectx-5",
      "connectx-6",
      "connectx-6-dx",
      "connectx-7",
      "bluefield-2",
    ]);
    expect(nicModel("connectx-3").rdma).not.toContain("rocev2");
  });

  it("all name a source, and rings that keep to their own rules", () => {
    for (const nic of nicModels()) {
      expect(nic.source, nic.id).not.toBe("");
      expect(nic.rates, nic.id).toEqual([...nic.rates].sort((left, right) => right.compareTo(left)));
      expect(nic.ring.default % (nic.ring.multiple ?? 1), nic.id).toBe(0);
      expect((nic.ring.max ?? 0) % (nic.ring.multiple ?? 1), nic.id).toBe(0);
      expect(nic.rdma.length > 0, nic.id).toBe(nic.rdmaModule !== undefined);
    }
  });

  it("suggest near matches for a name that is none", () => {
    expect(() => nicModel("conectx-5")).toThrow(/NL-NIC-MODEL[\s\S]*fix:.*"connectx-5"/);
    expect(() => nicModel("mlx5_0")).toThrow(/allowed: .*bluefield-2/);
  });
});

describe("machine types", () => {
  it("know that c220g5 has an X520 for experiments and an I350 for control, and no RoCE", () => {
    const type = MachineType.of("c220g5");
    expect(type.experimentNic?.model.id).toBe("x520");
    expect(type.experimentNic?.rate.equals(Rate.gbps(10))).toBe(true);
    expect(type.controlNic?.model.id).toBe("i350");
    expect(type.roceNic).toBeUndefined();
    expect([type.cores, type.coresPerNumaNode, type.cpu.numaNodes, type.site]).toEqual([20, 10, 2, "Wisconsin"]);
  });

  it("take the fast card, not the control card, for RoCE", () => {
    for (const id of ["r650", "r6525", "c6525-100g"]) {
      const nic = MachineType.of(id).roceNic!;
      expect(nic.rate.toGbps(), id).toBe(100);
      expect(nic.role, id).toBe("experiment");
    }
  });

  it("say which of them can do RoCE", () => {
    expect(MachineType.withRoce().map((type) => type.id)).toEqual([
      "c6220",
      "c6525-100g",
      "c6525-25g",
      "d6515",
      "d7525",
      "d8545",
      "m400",
      "m510",
      "r320",
      "r650",
      "r6525",
      "r7525",
      "sm110p",
      "sm220u",
      "xl170",
    ]);
  });

  it("suggest near matches for a name that is none", () => {
    expect(() => MachineType.of("c220g6")).toThrow(/NL-MACHINE-TYPE[\s\S]*fix:.*"c220g5"/);
    expect(MachineType.find("c220g6")).toBeUndefined();
  });

  it("can be described by the user", () => {
    const mine = MachineType.custom({
      ...MachineType.of("r650"),
      id: "mine",
      cpu: { ...MachineType.of("r650").cpu, numaNodes: 4 },
    });
    expect(mine.coresPerNumaNode).toBe(18);
  });

  it("all have a source and at least one experiment port", () => {
    for (const type of MachineType.all()) {
      expect(type.source, type.id).not.toBe("");
      expect(type.experimentNic, type.id).toBeDefined();
      for (const nic of type.nics) expect(nic.experimentPorts, type.id).toBeLessThanOrEqual(nic.ports);
    }
  });
});
