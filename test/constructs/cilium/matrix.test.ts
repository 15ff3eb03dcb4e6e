import { describe, expect, it } from "vitest";
import { BandwidthManager, Encryption } from "../../../lib/constructs/cilium";
import { matrixData } from "../../../lib/constructs/cilium/data";
import { judge } from "../../../lib/constructs/cilium/matrix/rules";
import { remedyOf } from "../../../lib/constructs/cilium/matrix/remedies";
import { lib } from "../../../lib/nix-ts-builder";
import { CASES } from "./matrix-cases";
import { clusterStack, codesOf, compile, type StackOptions, uncheckedOf } from "./support";

/** Rules that no stack can trip, because the cluster itself provides what they want; judged by their facts instead. */
const PROVIDED = ["A22", "W15", "W17"];

/** A rule about the paths of values, which is not decided by the table. */
const PATHS = "S09";

describe("every rule of the feature matrix", () => {
  it("has a case here, or is provided for by the cluster itself", () => {
    const ids = matrixData().rules.map(({ id }) => id);
    expect([...Object.keys(CASES), ...PROVIDED].sort()).toEqual([...ids, PATHS].sort());
  });

  it("has a remedy that says what to write", () => {
    for (const { id } of matrixData().rules) expect(remedyOf(id), id).toMatch(/\w{4}/);
  });

  for (const [id, [trips, clean]] of Object.entries(CASES)) {
    const code = `NL-CILIUM-${id}`;
    it(`${id} is found in a stack that breaks it and not in one that keeps it`, () => {
      const broken = compile(clusterStack(...trips).stack);
      expect(codesOf(broken), "the stack that breaks it").toContain(code);
      const kept = compile(clusterStack(...clean).stack);
      expect(codesOf(kept), "the stack that keeps it").not.toContain(code);
      expect(uncheckedOf(kept), "the stack that keeps it must be decided").not.toContain(code);
    });
  }

  it("W14 sees NixOS' firewall wherever in the options it is set", () => {
    const strict = { checkReversePath: lib.mkForce(true) };
    const also: StackOptions["also"] = (_, hosts) =>
      hosts[0]!.nixos("networking", { firewall: strict }, { because: "the test wants it" });
    expect(codesOf(compile(clusterStack({}, { nixos: true, also }).stack))).toContain("NL-CILIUM-W14");
  });

  it("A22 wants the WireGuard module, which every node of an encrypted cluster loads", () => {
    const facts = { values: { encryption: { enabled: true, type: "wireguard" } } };
    const ids = (kernelModule: readonly string[]) =>
      judge(facts, [{ name: "n", kernelModule }])
        .filter((f) => f.severity !== "unchecked")
        .map((f) => f.id);
    expect(ids([])).toContain("NL-CILIUM-A22");
    expect(ids(["wireguard"])).not.toContain("NL-CILIUM-A22");
    expect(codesOf(compile(clusterStack({ encryption: Encryption.wireguard() }).stack))).not.toContain("NL-CILIUM-A22");
  });

  it("W15 wants every module listed on NixOS, which the cluster does", () => {
    const judged = (kernelModule: readonly string[]) =>
      judge({ values: {} }, [{ name: "n", os: "nixos", kernelModule }])
        .filter((f) => f.severity === "error")
        .map((f) => f.id);
    expect(judged(["cls_bpf"])).toContain("NL-CILIUM-W15");
    const compiled = compile(clusterStack({}, { nixos: true }).stack);
    expect([...codesOf(compiled), ...uncheckedOf(compiled)]).not.toContain("NL-CILIUM-W15");
  });

  it("W17 wants failurePolicy abort, which the manifest has", () => {
    const judged = (failurePolicy: string) =>
      judge({ values: {}, delivery: "helmchart-crd", helmchart: { bootstrap: true, failurePolicy } }).map((f) => f.id);
    expect(judged("reinstall")).toContain("NL-CILIUM-W17");
    expect(judged("abort")).not.toContain("NL-CILIUM-W17");
  });
});

describe("a fact that nobody stated", () => {
  it("leaves a rule unchecked, with the name of the fact, and never silently passed", () => {
    const found = judge(
      {
        values: {
          kubeProxyReplacement: true,
          bpf: { masquerade: true },
          bandwidthManager: { enabled: true, bbr: true },
        },
      },
      [{ name: "n" }],
    );
    const bbr = found.find(({ id }) => id === "NL-CILIUM-A02");
    expect(bbr).toMatchObject({ severity: "unchecked", missing: ["node.kernel"], nodes: ["n"] });
  });

  it("does not hide a violation that is certain without it", () => {
    const found = judge(
      {
        values: {
          kubeProxyReplacement: true,
          bandwidthManager: { enabled: true, bbr: true },
          podDevice: "netkit",
          bpf: { datapathMode: "netkit" },
        },
      },
      [{ name: "n" }],
    );
    expect(found.find(({ id }) => id === "NL-CILIUM-A12")).toMatchObject({ severity: "error" });
  });

  it("shows in a stack whose host does not say its kernel, next to a check on the host", () => {
    const { stack } = clusterStack({ bandwidthManager: BandwidthManager.bbr() }, { host: { kernel: undefined } });
    const compiled = compile(stack);
    expect(uncheckedOf(compiled)).toContain("NL-CILIUM-A02");
    expect(
      compiled.hosts[0]!.resolved.checks.some(({ args }) => args[0]!.startsWith("the kernel is 5.18 or newer")),
    ).toBe(true);
  });

  it("names only the nodes that are concerned", () => {
    const values = { kubeProxyReplacement: true, bpf: { masquerade: true, datapathMode: "netkit" } };
    const found = judge({ values }, [
      { name: "old", kernel: "5.15" },
      { name: "new", kernel: "6.12" },
      { name: "unknown" },
    ]).filter(({ id }) => id === "NL-CILIUM-A12");
    expect(found.map(({ severity, nodes }) => [severity, nodes])).toEqual([
      ["error", ["old"]],
      ["unchecked", ["unknown"]],
    ]);
  });
});
