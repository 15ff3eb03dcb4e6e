import { describe, expect, it } from "vitest";
import type { NetloomError } from "../../../lib/errors";
import { checkOptions, lib, nix, type NixValue } from "../../../lib/nix-ts-builder";
import { optionType } from "../../../lib/nix-ts-builder/option-type";
import { assertNixosOptions, NIXOS_OPTIONS } from "../../../lib/render/nixos-options";

const problems = (config: NixValue, release = "26.05") => checkOptions(config, NIXOS_OPTIONS, release);
const paths = (config: NixValue, release?: string) => problems(config, release).map(({ path }) => path);

/** Settings that were refused by real NixOS when they were tried, each with the option that it named. */
const TRAPS: readonly [string, NixValue, string][] = [
  ["an MTU as text", { networking: { interfaces: { eth0: { mtu: "9000" } } } }, "networking.interfaces.eth0.mtu"],
  [
    "rmem_max as text",
    { boot: { kernel: { sysctl: { "net.core.rmem_max": "67108864" } } } },
    'boot.kernel.sysctl."net.core.rmem_max"',
  ],
  ["a float sysctl", { boot: { kernel: { sysctl: { "vm.x": 1.5 } } } }, 'boot.kernel.sysctl."vm.x"'],
  [
    "a hexadecimal mark",
    { systemd: { network: { netdevs: { wg0: { wireguardConfig: { FirewallMark: "0xca6c" } } } } } },
    "systemd.network.netdevs.wg0.wireguardConfig.FirewallMark",
  ],
  [
    "a ring as text",
    { systemd: { network: { links: { "10-a": { linkConfig: { RxBufferSize: "max" } } } } } },
    'systemd.network.links."10-a".linkConfig.RxBufferSize',
  ],
  [
    "a mark as number",
    { networking: { wireguard: { interfaces: { wg0: { fwMark: 51820 } } } } },
    "networking.wireguard.interfaces.wg0.fwMark",
  ],
  [
    "a route option as number",
    {
      networking: {
        interfaces: { eth0: { ipv4: { routes: [{ address: "10.0.0.0", prefixLength: 8, options: { mtu: 8900 } }] } } },
      },
    },
    "networking.interfaces.eth0.ipv4.routes[0].options.mtu",
  ],
  [
    "a route type that only networkd knows",
    {
      networking: {
        interfaces: { eth0: { ipv4: { routes: [{ address: "10.0.0.0", prefixLength: 8, type: "blackhole" }] } } },
      },
    },
    "networking.interfaces.eth0.ipv4.routes[0].type",
  ],
  [
    "a bond option as number",
    { networking: { bonds: { b0: { driverOptions: { miimon: 100 } } } } },
    "networking.bonds.b0.driverOptions.miimon",
  ],
  [
    "a networkd MTU as number",
    { systemd: { network: { networks: { "10-a": { linkConfig: { MTUBytes: 9000 } } } } } },
    'systemd.network.networks."10-a".linkConfig.MTUBytes',
  ],
  [
    "a port out of range",
    { networking: { firewall: { allowedTCPPorts: [70000] } } },
    "networking.firewall.allowedTCPPorts[0]",
  ],
  ["a parameter with a blank", { boot: { kernelParams: ["a b"] } }, "boot.kernelParams[0]"],
  [
    "a unit without suffix",
    { systemd: { services: { x: { wantedBy: ["multi-user"] } } } },
    "systemd.services.x.wantedBy[0]",
  ],
  ["a relative token file", { services: { k3s: { tokenFile: "relative" } } }, "services.k3s.tokenFile"],
  [
    "a path literal for a key",
    { networking: { wireguard: { interfaces: { wg0: { privateKeyFile: nix.path("./wg0.key") } } } } },
    "networking.wireguard.interfaces.wg0.privateKeyFile",
  ],
  [
    "a key that NixOS does not know",
    { systemd: { network: { links: { a: { linkConfig: { Mtu: "9000" } } } } } },
    "systemd.network.links.a.linkConfig.Mtu",
  ],
  [
    "a route key that NixOS does not know",
    { systemd: { network: { networks: { a: { routes: [{ Nexthop: 1 }] } } } } },
    "systemd.network.networks.a.routes[0].Nexthop",
  ],
  [
    "routes of no interface",
    { networking: { routes: [{ destination: "10.0.0.0/8", via: "10.0.0.1", mtu: 9000 }] } },
    "networking.routes",
  ],
  [
    "keepalives of an interface",
    { networking: { "wg-quick": { interfaces: { wg0: { persistentKeepalive: 25 } } } } },
    "networking.wg-quick.interfaces.wg0.persistentKeepalive",
  ],
  [
    "a mark of wg-quick",
    { networking: { "wg-quick": { interfaces: { wg0: { fwmark: "0x6969" } } } } },
    "networking.wg-quick.interfaces.wg0.fwmark",
  ],
  [
    "a number in an environment",
    { systemd: { services: { x: { environment: { N: 1 } } } } },
    "systemd.services.x.environment.N",
  ],
];

describe("the catalogue of NixOS options", () => {
  it.each(TRAPS)("refuses %s and names the option", (_, config, path) => {
    expect(paths(config)).toEqual([path]);
  });

  it("accepts what the constructs write", () => {
    const config: NixValue = {
      boot: {
        kernel: {
          sysctl: {
            "net.core.rmem_max": 67108864,
            "net.ipv4.tcp_rmem": "4096 131072 67108864",
            "net.ipv4.tcp_mtu_probing": 1,
          },
        },
        kernelModules: ["tcp_bbr"],
        extraModprobeConfig: nix.lines("options mlx5_core x=1\n"),
      },
      environment: { systemPackages: [nix.ref("pkgs.ethtool")], etc: { "netloom/a": { text: "x\n", mode: "0644" } } },
      networking: {
        firewall: {
          allowedUDPPorts: [51820],
          interfaces: { wg0: { allowedTCPPorts: [22] } },
          checkReversePath: "loose",
        },
        nftables: { enable: true, tables: { netloom: { family: "inet", content: nix.lines("chain x {\n}\n") } } },
        wireguard: {
          interfaces: {
            wg0: {
              ips: ["10.0.0.1/24"],
              listenPort: 51820,
              privateKeyFile: "/run/secrets/wg0",
              peers: [{ publicKey: "k", allowedIPs: [] }],
            },
          },
        },
      },
      systemd: {
        network: {
          enable: true,
          links: {
            "10-a": {
              matchConfig: { PermanentMACAddress: "02:00:00:00:00:01" },
              linkConfig: { MTUBytes: "9000", LargeReceiveOffload: false, RxBufferSize: 4096 },
            },
          },
          networks: {
            "10-a": {
              linkConfig: { RequiredForOnline: false },
              networkConfig: { KeepConfiguration: true },
              address: ["10.0.0.1/24"],
              routes: [{ Destination: "10.1.0.0/16", Gateway: "10.0.0.2", MTUBytes: "8900" }],
            },
          },
          netdevs: {
            wg0: {
              netdevConfig: { Kind: "wireguard", Name: "wg0", MTUBytes: "1420" },
              wireguardPeers: [{ PublicKey: "k", AllowedIPs: ["10.0.0.2/32"], PersistentKeepalive: 25 }],
            },
          },
        },
        services: {
          x: {
            wantedBy: ["multi-user.target"],
            path: [nix.ref("pkgs.iproute2")],
            serviceConfig: {
              Type: "oneshot",
              RemainAfterExit: true,
              ExecStart: nix.str`${nix.ref("pkgs.bash")}/bin/sh x`,
              LimitMEMLOCK: "infinity",
            },
          },
        },
      },
      security: { pam: { loginLimits: [{ domain: "*", item: "memlock", type: "-", value: "unlimited" }] } },
      services: {
        udev: { extraRules: nix.lines("x\n") },
        k3s: { enable: true, role: "server", extraFlags: ["--disable-kube-proxy"], tokenFile: "/run/secrets/k3s" },
      },
    };
    expect(problems(config)).toEqual([]);
    expect(problems(config, "24.11")).toEqual([]);
  });

  it("looks into conditions, priorities and merges, and lets computed values pass", () => {
    const mtu = (value: NixValue): NixValue => ({ networking: { interfaces: { eth0: { mtu: value } } } });
    expect(paths(lib.mkIf(nix.ref("config.x"), mtu(lib.mkForce("9000"))))).toEqual(["networking.interfaces.eth0.mtu"]);
    expect(paths(lib.mkMerge([mtu(9000), mtu("1"), mtu("2")]))).toHaveLength(2);
    expect(paths(mtu(nix.ref("config.x.mtu")))).toEqual([]);
    expect(paths(mtu(nix.if(nix.ref("config.x"), "a", "b")))).toEqual([]);
  });

  it("knows from which release on an option exists", () => {
    const link = (key: string): NixValue => ({
      systemd: { network: { links: { a: { linkConfig: { [key]: true } } } } },
    });
    expect(problems(link("RxFlowControl"), "24.11")).toEqual([
      expect.objectContaining({
        what: "does not exist in NixOS 24.11",
        accepted: "there since 25.11",
        remedy: expect.stringContaining("extraConfig"),
      }),
    ]);
    expect(problems(link("RxFlowControl"), "25.11")).toEqual([]);
    expect(paths(link("UseAdaptiveRxCoalesce"), "25.11")).toHaveLength(1);
    expect(problems(link("UseAdaptiveRxCoalesce"), "26.05")).toEqual([]);
  });

  it("takes the type of the release where an option changed", () => {
    const peer = (value: NixValue): NixValue => ({
      networking: {
        wireguard: { interfaces: { wg0: { peers: [{ publicKey: "k", dynamicEndpointRefreshSeconds: value }] } } },
      },
    });
    expect(paths(peer(null), "24.11")).toHaveLength(1);
    expect(problems(peer(null), "25.05")).toEqual([]);
  });

  it("says of options that guides name and no release has how to fix it", () => {
    expect(problems({ networking: { wireguard: { interfaces: { wg0: { persistentKeepalive: 25 } } } } })).toEqual([
      {
        path: "networking.wireguard.interfaces.wg0.persistentKeepalive",
        what: "does not exist",
        value: "25",
        accepted: "no such option in any release",
        remedy: expect.stringContaining("peers = ["),
      },
    ]);
  });

  it("reports every wrong option at once, with the constructs that set them", () => {
    const config = nix.nested([
      nix.bind(["networking", "interfaces", "eth0", "mtu"], "9000", { origin: "lab/node/jumbo" }),
      nix.bind(["boot", "kernelParams"], ["a b"]),
    ]);
    let caught: NetloomError | undefined;
    try {
      assertNixosOptions(config, "26.05", "lab/node");
    } catch (error) {
      caught = error as NetloomError;
    }
    expect(caught?.problems.map(({ path, code }) => [code, path])).toEqual([
      ["NL-NIXOS-OPTION", "lab/node"],
      ["NL-NIXOS-OPTION", "lab/node/jumbo"],
    ]);
    expect(caught?.message).toContain("networking.interfaces.eth0.mtu has the wrong type");
  });

  it("has a readable type and a sensible span in every entry", () => {
    for (const { path, type, since, until } of NIXOS_OPTIONS) {
      if (!["section", "sections", "absent"].includes(type)) expect(() => optionType(type), path).not.toThrow();
      for (const release of [since, until])
        if (release !== undefined) expect(release, path).toMatch(/^2[4-6]\.(05|11)$/);
    }
  });

  it("has one entry for each option and release", () => {
    const spans = NIXOS_OPTIONS.flatMap(({ path, since = "24.11", until = "26.05" }) =>
      ["24.11", "25.05", "25.11", "26.05"]
        .filter((release) => since <= release && release <= until)
        .map((release) => `${path} ${release}`),
    );
    expect(spans.filter((span, index) => spans.indexOf(span) !== index)).toEqual([]);
  });
});
