import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { CiliumCluster, Host, type HostProps, JumboFabric, nicModel } from "../../lib";
import { LoadBalancing, Routing } from "../../lib/constructs/cilium";
import { HostFeature, type HostSettings, XdpProgram } from "../../lib/features";
import { type SynthResult, synthToFiles } from "../../lib/testing";
import { macOf } from "../support/lab";

const WHY = { because: "the test wants it" };

/** A program that a user brings. */
class Filter extends HostFeature {
  private readonly program: XdpProgram;

  constructor(host: Host, program: XdpProgram) {
    super(host, `Filter-${program.mode}-${program.multiBuffer ?? false}`);
    this.program = program;
  }

  contribute(settings: HostSettings): void {
    settings.fact(XdpProgram, "exp0", this.program, WHY);
  }
}

function host(stack: TerraformStack, nic: string, props: Partial<HostProps> = {}): Host {
  return new Host(stack, "h", {
    interfaces: [{ id: "exp0", name: "enp1s0", mac: macOf(0), addresses: ["10.10.1.1/24"], nic: nicModel(nic) }],
    ...props,
  });
}

/** What the rules say about XDP, LRO and the driver's limit. */
function verdicts(result: SynthResult): readonly string[] {
  return result.findings
    .filter(({ code, severity }) => /^NL-(039|040|CILIUM-A24)/.test(code) && severity !== "info")
    .map(({ code, severity }) => `${code} ${severity}`);
}

const withProgram = (nic: string, mtu: number | undefined, program: XdpProgram, kernel?: string) =>
  synthToFiles((stack) => {
    const on = host(stack, nic, { kernel });
    if (mtu !== undefined) on.link("exp0", { mtu }, WHY);
    new Filter(on, program);
  });

describe("a program in the driver of a port", () => {
  const native = { mode: "native" } as const;
  const ERROR = ["NL-040 error"];
  const WARNING = ["NL-040-FALLBACK warning"];

  it.each<[what: string, nic: string, mtu: number | undefined, XdpProgram, kernel: string | undefined, string[]]>([
    ["above the limit of ixgbe", "x520", 3047, native, undefined, ERROR],
    ["at the limit of ixgbe", "x520", 3046, native, undefined, []],
    ["at an MTU that nobody sets", "x520", undefined, native, undefined, []],
    ["above the limit of mlx4", "connectx-3", 9000, native, undefined, ERROR],
    ["on a card without a limit of its own", "connectx-5", 9000, native, undefined, []],
    ["that may be missing", "x520", 9000, { mode: "best-effort" }, undefined, WARNING],
    ["for several buffers, which ixgbe never takes", "x520", 9000, { ...native, multiBuffer: true }, "6.12", ERROR],
    ["for several buffers on an i40e that takes them", "x710", 9000, { ...native, multiBuffer: true }, "6.4", []],
    ["for several buffers on an older i40e", "x710", 9000, { ...native, multiBuffer: true }, "6.1", ERROR],
    ["for several buffers on an i40e of any age", "x710", 9000, { ...native, multiBuffer: true }, undefined, WARNING],
    ["for one buffer on a new i40e", "x710", 9000, native, "6.12", ERROR],
  ])("%s", (_what, nic, mtu, program, kernel, expected) => {
    expect(verdicts(withProgram(nic, mtu, program, kernel))).toEqual(expected);
  });

  it("is named together with who set the MTU", () => {
    const [found] = withProgram("x520", 9000, native).findings.filter(({ code }) => code === "NL-040");
    expect(found).toMatchObject({
      path: "test/h/Filter-native-false",
      others: ["test/h", "test/h/Direct"],
      what: "ixgbe (Intel X520 (82599ES), exp0) takes no XDP program above an MTU of 3046",
      value: 9000,
      allowed: "at most 3046",
    });
  });

  it("excludes large receive offload on that port and on no other", () => {
    const two = [0, 1].map((n) => ({ id: `exp${n}`, mac: macOf(n), addresses: [`10.10.${n}.1/24`] }));
    const lroOn = (id: string) =>
      synthToFiles((stack) => {
        const on = new Host(stack, "h", { interfaces: two });
        on.link(id, { lro: true }, WHY);
        new Filter(on, native);
      });
    expect(verdicts(lroOn("exp0"))).toEqual(["NL-039 error"]);
    expect(verdicts(lroOn("exp1"))).toEqual([]);
  });

  it("is the only one there: two that differ are a conflict", () => {
    const result = synthToFiles((stack) => {
      const on = host(stack, "x520");
      new Filter(on, native);
      new Filter(on, { mode: "best-effort" });
    });
    expect(result.findings.map(({ code }) => code)).toContain("NL-CONFLICT");
  });
});

describe("a Cilium cluster with acceleration", () => {
  const cluster = (nic: string, mtu: number, xdp?: "native" | "best-effort") =>
    synthToFiles((stack) => {
      const on = host(stack, nic, { kernel: "6.12" });
      const fabric = new JumboFabric(stack, "fabric", { members: [on], mtu, switchesCarryJumbo: true });
      const loadBalancing = LoadBalancing.dsr({ xdp });
      new CiliumCluster(stack, "k8s", { nodes: [on], on: fabric, routing: Routing.native(), loadBalancing });
    });

  it.each<[nic: string, mtu: number, xdp: "native" | "best-effort" | undefined, string[]]>([
    ["x520", 9000, "native", ["NL-040 error"]],
    ["x520", 9000, "best-effort", ["NL-040-FALLBACK warning"]],
    ["x520", 9000, undefined, []],
    ["x520", 1500, "native", []],
    ["x710", 9000, "native", []],
    ["connectx-5", 9000, "native", []],
    ["bcm57414", 9000, "native", ["NL-CILIUM-A24 error"]],
  ])("on %s at %i bytes, %s, is judged once", (nic, mtu, xdp, expected) => {
    expect(verdicts(cluster(nic, mtu, xdp))).toEqual(expected);
  });

  it("shows in the settings of its hosts", () => {
    const settings = JSON.parse(cluster("x520", 1500, "native").files.get("hosts/h/settings.json")!) as {
      xdp: readonly { key: string; value: unknown }[];
    };
    expect(settings.xdp).toEqual([
      expect.objectContaining({ key: "exp0", value: { mode: "native", multiBuffer: true } }),
    ]);
  });
});
