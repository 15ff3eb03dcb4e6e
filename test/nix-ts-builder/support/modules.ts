import { lib, nix, type NixNode, print } from "../../../lib/nix-ts-builder";

/** A module that is evaluated for real, and what is read back from it. */
export interface ReadBackModule {
  readonly name: string;
  readonly module: NixNode;
  /**
   * A Nix function of `config` that says what is read back; `options` modules are evaluated by `lib.evalModules` alone, together
   * with `setting`; `nixos` modules within NixOS.
   */
  readonly kind: "options" | "nixos";
  readonly read: string;
  readonly setting?: string;
}

const cfg = nix.ref("config.services.mesh");
const peer = nix.fn(
  { args: ["name"], open: true },
  nix.attrs({
    options: nix.attrs({
      endpoint: lib.mkOption({
        type: lib.types.nullOr(lib.types.str),
        default: null,
        description: "Where the peer listens.",
      }),
      keepalive: lib.mkOption({ type: lib.types.ints.between(0, 65535), default: 25 }),
      label: lib.mkOption({ type: lib.types.str, default: nix.str`peer-${nix.id("name")}` }),
    }),
  }),
);

const optionsModule = nix.module({
  options: {
    services: nix.attrs({
      mesh: nix.attrs({
        enable: lib.mkEnableOption("the mesh"),
        mtu: lib.mkOption({ type: lib.types.enum([1420, 8920]), default: 1420 }),
        peers: lib.mkOption({ type: lib.types.attrsOf(lib.types.submodule(peer)), default: {} }),
        lines: lib.mkOption({ type: lib.types.lines, default: "" }),
      }),
      meshText: lib.mkOption({ type: lib.types.str, readOnly: true, internal: true }),
    }),
  },
  config: {
    services: nix.attrs([
      nix.bind(
        ["mesh", "lines"],
        lib.mkIf(nix.get(cfg, "enable"), lib.mkMerge([lib.mkAfter("last"), lib.mkBefore("first\nsecond\n"), "middle"])),
        {
          comment: "ordered by priority,\nnot by place",
        },
      ),
      nix.bind(
        "meshText",
        nix.call(
          "lib.concatStringsSep",
          ",",
          nix.call(
            "lib.mapAttrsToList",
            nix.fn(
              "name",
              nix.fn(
                "p",
                nix.str`${nix.id("name")}=${nix.get(nix.id("p"), "label")}:${nix.toString(nix.get(nix.id("p"), "keepalive"))}`,
              ),
            ),
            nix.get(cfg, "peers"),
          ),
        ),
      ),
    ]),
  },
});

const hostModule = nix.module({
  config: nix.nested([
    nix.bind(["boot", "kernel", "sysctl", "net.core.rmem_max"], lib.mkForce(67108864), {
      comment: "bandwidth-delay product of the path",
    }),
    nix.bind(["boot", "kernel", "sysctl", "net.ipv4.tcp_rmem"], "4096 131072 67108864"),
    nix.bind(["boot", "kernel", "sysctl", "net.ipv4.tcp_congestion_control"], "bbr"),
    nix.bind(["boot", "kernelModules"], ["tcp_bbr"]),
    nix.bind(["boot", "extraModprobeConfig"], nix.lines("options mlx5_core prof_sel=2\n# 'quoted' ${not} $(sh)\n")),
    nix.bind(["networking", "hostName"], lib.mkDefault("node-0")),
    nix.bind(["networking", "hosts", "10.0.0.2"], ["node-1", "node-1.lan"]),
    nix.bind(["networking", "firewall", "allowedUDPPorts"], lib.mkMerge([[51820], lib.mkIf(true, [8472])])),
    nix.bind(["networking", "nftables", "enable"], true),
    nix.bind(["networking", "nftables", "tables", "netloom"], {
      family: "inet",
      content: nix.lines("chain mark {\n\ttype filter hook output priority 0;\n}\n"),
    }),
    nix.bind(["environment", "etc", "netloom/a b.conf"], { text: nix.lines("x = ''${y}''\n$$ \\n\n"), mode: "0640" }),
    nix.bind(["environment", "systemPackages"], [nix.ref("pkgs.ethtool")]),
    nix.bind(["security", "pam", "loginLimits"], [{ domain: "*", item: "memlock", type: "-", value: "unlimited" }]),
    nix.bind(["services", "udev", "extraRules"], nix.lines('ACTION=="add", KERNEL=="eth*", RUN+="/bin/true"\n')),
    nix.bind(["systemd", "services", "rings"], {
      description: "Ring sizes",
      wantedBy: ["multi-user.target"],
      after: ["network-pre.target"],
      path: [nix.ref("pkgs.coreutils")],
      serviceConfig: { Type: "oneshot", RemainAfterExit: true, LimitMEMLOCK: "infinity" },
      script: nix.lines('set -eu\nfor n in /sys/class/net/*; do echo "${n##*/}" \'x\' "$n"; done\n'),
    }),
  ]),
});

const networkdModule = nix.module({
  config: nix.nested([
    nix.bind(["systemd", "network", "enable"], true),
    nix.bind(["systemd", "network", "links", "10-exp0"], {
      matchConfig: { PermanentMACAddress: "02:00:00:00:00:01" },
      linkConfig: { MTUBytes: "9000", LargeReceiveOffload: false, RxBufferSize: 4096, MACAddressPolicy: "persistent" },
      extraConfig: nix.lines("[Link]\nTxBufferSize=max\n"),
    }),
    nix.bind(["systemd", "network", "networks", "10-exp0"], {
      matchConfig: { PermanentMACAddress: "02:00:00:00:00:01" },
      linkConfig: { MTUBytes: "9000", RequiredForOnline: false },
      networkConfig: { KeepConfiguration: true },
      address: ["10.10.1.1/24"],
      routes: [{ Destination: "10.20.0.0/16", Gateway: "10.10.1.2", MTUBytes: "8900" }],
    }),
    nix.bind(["systemd", "network", "netdevs", "20-wg0"], {
      netdevConfig: { Kind: "wireguard", Name: "wg0", MTUBytes: "1420" },
      wireguardConfig: { PrivateKeyFile: "/run/secrets/wg0", ListenPort: 51820, FirewallMark: 51820 },
      wireguardPeers: [
        {
          PublicKey: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
          AllowedIPs: ["10.0.0.2/32"],
          PersistentKeepalive: 25,
        },
      ],
    }),
    nix.bind(["networking", "wireguard", "interfaces", "wg1"], {
      ips: ["10.1.0.1/24"],
      listenPort: 51821,
      mtu: 8920,
      fwMark: "0xca6c",
      privateKeyFile: "/run/secrets/wg1",
      peers: [
        {
          name: "b",
          publicKey: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
          allowedIPs: ["10.1.0.2/32"],
          persistentKeepalive: 25,
        },
      ],
    }),
  ]),
});

/** Modules that were evaluated with the real module system; `scripts/nixos-readback.mjs` does it again. */
export const MODULES: readonly ReadBackModule[] = [
  {
    name: "options",
    kind: "options",
    module: optionsModule,
    setting:
      '{ services.mesh = { enable = true; mtu = 8920; peers.b = { }; peers.a = { endpoint = "a.lan:51820"; keepalive = 0; }; }; }',
    read: "config: config.services",
  },
  { name: "options-off", kind: "options", module: optionsModule, setting: "{ }", read: "config: config.services" },
  {
    name: "host",
    kind: "nixos",
    module: hostModule,
    read: `config: {
      sysctl = builtins.intersectAttrs { "net.core.rmem_max" = 1; "net.ipv4.tcp_rmem" = 1; "net.ipv4.tcp_congestion_control" = 1; } config.boot.kernel.sysctl;
      bbr = builtins.elem "tcp_bbr" config.boot.kernelModules;
      modprobe = config.boot.extraModprobeConfig;
      inherit (config.networking) hostName;
      hosts = config.networking.hosts."10.0.0.2";
      udp = config.networking.firewall.allowedUDPPorts;
      table = config.networking.nftables.tables.netloom.content;
      etc = { inherit (config.environment.etc."netloom/a b.conf") text mode; };
      limits = config.security.pam.loginLimits;
      unit = builtins.unsafeDiscardStringContext config.systemd.units."rings.service".text != "";
      script = builtins.unsafeDiscardStringContext config.systemd.services.rings.script;
    }`,
  },
  {
    name: "networkd",
    kind: "nixos",
    module: networkdModule,
    read: `config: {
      link = config.systemd.network.units."10-exp0.link".text;
      network = config.systemd.network.units."10-exp0.network".text;
      netdev = config.systemd.network.units."20-wg0.netdev".text;
      wg1 = { inherit (config.networking.wireguard.interfaces.wg1) ips listenPort mtu fwMark privateKeyFile; };
    }`,
  },
];

/** The bytes of a module. */
export function moduleText({ module }: ReadBackModule): string {
  return print(module, { header: "A module that is read back by the real module system." });
}
