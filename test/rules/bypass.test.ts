import { describe, expect, it } from "vitest";
import { Host, Platform, Rules } from "../../lib";
import { lib, nix } from "../../lib/nix-ts-builder";
import { synthToFiles } from "../../lib/testing";

const WHY = { because: "the test wants it" };
const CONTROL = { id: "ctl", name: "eno1", mac: "02:00:00:00:00:AA", control: true };
const PORT = { id: "exp0", name: "enp94s0f0", mac: "02:00:00:00:00:01", addresses: ["10.10.1.1/24"] };

const findings = (change: (host: Host) => void, platform = Platform.nixos()) =>
  synthToFiles((stack) => change(new Host(stack, "node-0", { platform, interfaces: [CONTROL, PORT] }))).findings.map(
    ({ code, severity, value, remedy }) => ({ code, severity, value, remedy }),
  );

const option = (name: string, value: Parameters<Host["nixos"]>[1]) => findings((h) => h.nixos(name, value, WHY));
const file = (path: string, content: string) => findings((h) => h.file(path, { content }, WHY), Platform.linux());

describe("a sysctl that goes past Netloom (NL-036)", () => {
  const remedy = (key: string, value: string) => `host.sysctl("${key}", ${value}, { because: "…" })`;

  it.each<[string, ReturnType<typeof findings>, string, string]>([
    ["sysctl. on the command line", option("boot.kernelParams", ["sysctl.vm.swappiness=1"]), "vm.swappiness", "1"],
    ["a bare key there", option("boot.kernelParams", ["net.core.rmem_max=1"]), "net.core.rmem_max", "1"],
    [
      "a set in place of the list",
      option("boot.kernelParams", { "net.ipv4.tcp_congestion_control": "bbr" }),
      "net.ipv4.tcp_congestion_control",
      '"bbr"',
    ],
    ["a set further up", option("boot", { kernelParams: ["sysctl.vm.swappiness=1"] }), "vm.swappiness", "1"],
    [
      "a set made of nodes",
      option("boot", nix.attrs([nix.bind(["kernelParams"], lib.mkForce(["sysctl.vm.swappiness=1"]))])),
      "vm.swappiness",
      "1",
    ],
    [
      "one that depends on something",
      option("boot", lib.mkIf(true, { kernel: lib.mkDefault({ sysctl: { "vm.swappiness": 1 } }) })),
      "vm.swappiness",
      "1",
    ],
    ["a NixOS option", option('boot.kernel.sysctl."net.ipv4.tcp_mtu_probing"', 3), "net.ipv4.tcp_mtu_probing", "3"],
    ["a set of them", option("boot.kernel", { sysctl: { "net.ipv4.tcp_ecn": 1 } }), "net.ipv4.tcp_ecn", "1"],
    [
      "an expression",
      option('boot.kernel.sysctl."net.ipv4.tcp_ecn"', nix.raw("lib.mkForce 1")),
      "net.ipv4.tcp_ecn",
      '"…"',
    ],
    [
      "a file of sysctl.d",
      file("/etc/sysctl.d/99-x.conf", "# fast\nnet.core.rmem_max = 536870912\n"),
      "net.core.rmem_max",
      "536870912",
    ],
    [
      "sysctl.conf",
      file("/etc/sysctl.conf", "-net.ipv4.tcp_rmem=4096 87380 1\n"),
      "net.ipv4.tcp_rmem",
      '"4096 87380 1"',
    ],
  ])("is refused in %s", (_name, found, key, value) => {
    const [first] = found;
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([["NL-036", "error"]]);
    expect(first!.remedy).toBe(remedy(key, value));
  });

  it("is not seen in parameters and files that set none", () => {
    expect(option("boot.kernelParams", ["iommu=pt", "net.ifnames=0"])).toEqual([]);
    expect(option("boot.kernelModules", ["tcp_bbr"])).toEqual([]);
    expect(file("/etc/sysctl-notes.conf", "net.core.rmem_max = 1\n")).toEqual([]);
  });

  it("is let through where somebody says why", () => {
    const found = findings((h) => {
      h.file("/etc/sysctl.d/10-vendor.conf", { content: "vm.swappiness = 1\n" }, WHY);
      Rules.acknowledge(h, "NL-036", "the vendor's tool rewrites this file");
    }, Platform.linux());
    expect(found).toHaveLength(1);
  });
});

describe("NixOS options about ports", () => {
  it.each<[string, ReturnType<typeof findings>]>([
    ["an MTU by name", option("networking.interfaces.eno1.mtu", 9000)],
    ["an MTU in a set", option("networking.interfaces", { eno1: { mtu: 9000 } })],
    ["an MTU in a set of nodes", option("networking", nix.attrs([nix.bind(["interfaces", "eno1", "mtu"], 9000)]))],
    [
      "a .link file by name",
      option('systemd.network.links."20-x"', { matchConfig: { Name: "eno1" }, linkConfig: { MTUBytes: "9000" } }),
    ],
    [
      "a .network file by MAC address",
      option('systemd.network.networks."20-x"', {
        matchConfig: { MACAddress: "02:00:00:00:00:aa" },
        linkConfig: { MTUBytes: "9000" },
      }),
    ],
  ])("are refused when they change the link of the control port: %s", (_name, found) => {
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([["NL-001-NIXOS", "error"]]);
  });

  it("may say how the control port gets its address", () => {
    expect(option("networking.interfaces.eno1.useDHCP", true)).toEqual([]);
    expect(
      option('systemd.network.networks."20-x"', { matchConfig: { Name: "eno1" }, networkConfig: { DHCP: "ipv4" } }),
    ).toEqual([]);
  });

  it.each(["enp94s0f0", "enp2s0f0"])("are warned of when they set up port %s beside Netloom (NL-067)", (name) => {
    expect(option(`networking.interfaces.${name}.mtu`, 9000)).toEqual([
      {
        code: "NL-067",
        severity: "warning",
        value: 9000,
        remedy: `host.link("exp0", { mtu: 9000 }, { because: "…" }), or a JumboFabric; addresses belong to the interface`,
      },
    ]);
  });
});
