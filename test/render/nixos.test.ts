import { describe, expect, it } from "vitest";
import { Platform } from "../../lib";
import type { HostSettings } from "../../lib/features";
import { renderNixos } from "../../lib/render/nixos";
import { hostThat, WHY } from "./support";

const host = hostThat(
  (s) => {
    s.sysctl("net.ipv4.tcp_rmem", [4096, 131072, 67108864], WHY);
    s.sysctl("net.ipv4.tcp_mtu_probing", 1, { ...WHY, priority: "force" });
    s.module("tcp_bbr", WHY);
    s.link("exp0", { mtu: 9000, rxRing: "max", lro: false }, WHY);
    s.address("exp0", "10.10.1.1/24", WHY);
    s.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.254", mtu: 1500, congestion: "bbr" }, WHY);
    s.openPort({ protocol: "udp", port: 51820, interface: "exp0" }, WHY);
    s.package({ debian: "rdma-core", nix: "rdma-core" }, WHY);
    s.limit({ domain: "*", type: "-", item: "memlock", value: "unlimited" }, WHY);
    s.file("/etc/x.conf", { content: "a = ''${b}''\n" }, WHY);
    s.nixos("services.openssh.enable", true, WHY);
    s.unit(
      "netloom-x.service",
      {
        unit: { Description: "X", After: ["network.target"], ConditionPathExists: "/dev/x" },
        service: { Type: "oneshot", ExecStart: "/bin/sh -c 'exec x'" },
        path: ["iproute2", "linuxPackages.perf"],
      },
      WHY,
    );
    s.unit("netloom-x.timer", { timer: { OnCalendar: "hourly" }, wantedBy: ["timers.target"] }, WHY);
  },
  { platform: Platform.nixos("25.11") },
);

it("a host with something of everything is exactly this NixOS module", () => {
  expect(renderNixos(host, "25.11")).toMatchInlineSnapshot(`
    "# A module for NixOS 25.11, written by Netloom. Do not edit: the next synthesis replaces it.
    {
      config,
      lib,
      options,
      pkgs,
      ...
    }:
    {
      key = "netloom/lab/node-0";
      boot = {
        kernel.sysctl = {
          # the test wants it (lab/node-0/F)
          "net.ipv4.tcp_mtu_probing" = lib.mkForce 1;
          # the test wants it (lab/node-0/F)
          "net.ipv4.tcp_rmem" = lib.mkOverride 90 "4096 131072 67108864";
        };
        # the test wants it (lab/node-0/F)
        kernelModules = [ "tcp_bbr" ];
      };
      environment = {
        # the test wants it (lab/node-0/F)
        etc."x.conf" = {
          text = ''
            a = '''''\${b}'''
          '';
        };
        # the driver settings of ports are made and read with it (lab/node-0/F)
        # the test wants it (lab/node-0/F)
        systemPackages = [
          pkgs.ethtool
          pkgs.rdma-core
        ];
      };
      networking = {
        firewall = {
          # the test wants it (lab/node-0/F)
          extraCommands = lib.mkIf (!config.networking.nftables.enable) ''
            iptables -w -A nixos-fw -d 10.10.1.1 -p udp --dport 51820 -j nixos-fw-accept
          '';
          # the test wants it (lab/node-0/F)
          extraInputRules = ''
            ip daddr 10.10.1.1 udp dport 51820 accept
          '';
        };
        # the host's name in the stack
        hostName = lib.mkOverride 900 "node-0";
        # the ports and tunnels below are Netloom's
        networkmanager.unmanaged = [ "mac:02:00:00:00:00:01" ];
      };
      # the test wants it (lab/node-0/F)
      security.pam.loginLimits = [
        {
          domain = "*";
          type = "-";
          item = "memlock";
          value = "unlimited";
        }
      ];
      # the test wants it (lab/node-0/F)
      services.openssh.enable = true;
      systemd = {
        network = {
          # networkd runs beside whatever configures the control interface; it only touches the ports below
          enable = true;
          links."90-netloom-exp0" = {
            matchConfig = {
              PermanentMACAddress = "02:00:00:00:00:01";
            };
            linkConfig = {
              NamePolicy = "keep kernel database onboard slot path";
              AlternativeNamesPolicy = "database onboard slot path";
              MACAddressPolicy = "persistent";
              LargeReceiveOffload = false;
              MTUBytes = "9000";
            };
            extraConfig = ''
              [Link]
              RxBufferSize=max
            '';
          };
          networks."10-netloom-exp0" = {
            matchConfig = {
              PermanentMACAddress = "02:00:00:00:00:01";
            };
            linkConfig = {
              MTUBytes = "9000";
              RequiredForOnline = false;
            };
            address = [ "10.10.1.1/24" ];
            extraConfig = ''
              [Route]
              Destination=10.20.0.0/16
              Gateway=10.10.1.254
              MTUBytes=1500
              TCPCongestionControlAlgorithm=bbr
            '';
          };
          # where networkd has no other ports, another network decides whether the machine is online
          wait-online.enable = lib.mkIf (
            !config.networking.useNetworkd
            && !lib.any (name: !lib.hasPrefix "10-netloom-" name) (
              builtins.attrNames config.systemd.network.networks
            )
          ) (lib.mkOverride 1200 false);
        };
        services = {
          # NixOS has no options for tunnels, queues and rings that change without a restart; the agent sets them
          netloom = {
            description = "Apply the Netloom generation live";
            wantedBy = [ "multi-user.target" ];
            after = [
              "network.target"
              "netloom-boot.service"
            ];
            path = [
              pkgs.coreutils
              pkgs.ethtool
              pkgs.gawk
              pkgs.gnugrep
              pkgs.gnused
              pkgs.iproute2
              pkgs.iputils
              pkgs.kmod
              pkgs.procps
              pkgs.systemd
              pkgs.util-linux
              pkgs.wireguard-tools
            ];
            unitConfig = {
              ConditionPathExists = "/var/lib/netloom/agent";
            };
            serviceConfig = {
              Type = "oneshot";
              RemainAfterExit = true;
              ExecStart = "/bin/sh /var/lib/netloom/agent live";
            };
          };
          # NixOS has no options for tunnels, queues and rings that change without a restart; the agent sets them
          netloom-boot = {
            description = "Restore the confirmed Netloom generation";
            wantedBy = [ "sysinit.target" ];
            after = [ "local-fs.target" ];
            before = [ "sysinit.target" ];
            path = [
              pkgs.coreutils
              pkgs.ethtool
              pkgs.gawk
              pkgs.gnugrep
              pkgs.gnused
              pkgs.iproute2
              pkgs.iputils
              pkgs.kmod
              pkgs.procps
              pkgs.systemd
              pkgs.util-linux
              pkgs.wireguard-tools
            ];
            unitConfig = {
              ConditionPathExists = "/var/lib/netloom/agent";
              DefaultDependencies = false;
            };
            serviceConfig = {
              Type = "oneshot";
              RemainAfterExit = true;
              ExecStart = "/bin/sh /var/lib/netloom/agent boot";
            };
          };
          # the test wants it (lab/node-0/F)
          netloom-x = {
            description = "X";
            wantedBy = [ "multi-user.target" ];
            after = [ "network.target" ];
            path = [
              pkgs.iproute2
              pkgs.linuxPackages.perf
            ];
            unitConfig = {
              ConditionPathExists = "/dev/x";
            };
            serviceConfig = {
              Type = "oneshot";
              ExecStart = "/bin/sh -c 'exec x'";
            };
          };
        };
        # the test wants it (lab/node-0/F)
        timers.netloom-x = {
          wantedBy = [ "timers.target" ];
          timerConfig = {
            OnCalendar = "hourly";
          };
        };
      };
      # told while the system is built
      warnings =
        (
          let
            text = value: if value == false then "0" else toString value;
            plain =
              value:
              if value._type or "" == "if" then
                lib.optionals value.condition (plain value.content)
              else if value._type or "" == "merge" then
                lib.concatMap plain value.contents
              else
                [ value ];
          in
          lib.concatMap
            (
              key:
              lib.concatMap (
                definition:
                lib.optionals (definition.value ? \${key}) (
                  lib.concatMap (
                    value:
                    lib.optional
                      (
                        value.priority or 100 <= 100 && text value.content or value != text config.boot.kernel.sysctl.\${key}
                      )
                      "boot.kernel.sysctl.\\"\${key}\\" is \${text config.boot.kernel.sysctl.\${key}}, not \${text value.content or value} as \${definition.file} says: netloom sets it on lab/node-0, remove one of the two"
                  ) (plain definition.value.\${key})
                )
              ) options.boot.kernel.sysctl.definitionsWithLocations
            )
            [
              "net.ipv4.tcp_mtu_probing"
              "net.ipv4.tcp_rmem"
            ]
        )
        ++ lib.optional
          (
            config.networking.dhcpcd.enable
            && config.networking.useDHCP
            && !config.networking.useNetworkd
            && lib.subtractLists [ ] (
              lib.filter (name: !lib.hasSuffix "*" name) config.networking.dhcpcd.denyInterfaces
            )
            == [ ]
          )
          "dhcpcd also configures exp0 (02:00:00:00:00:01) of lab/node-0, which netloom knows by MAC address only: add the kernel names of these ports to networking.dhcpcd.denyInterfaces, or set networking.useDHCP = false and useDHCP = true for the control port";
    }
    "
  `);
});

it("a sysctl becomes a number only where Nix and the kernel read the same one", () => {
  const written = (value: string) => {
    const one = hostThat((s) => s.sysctl("kernel.x", value, WHY), { platform: Platform.nixos("25.11") });
    return /kernel\.sysctl\.?[^=]*= (?:\{\s+)?[\s\S]*?mkOverride 90 (.*?);/.exec(renderNixos(one, "25.11"))?.[1];
  };
  expect(["0", "17", "-1", "0760", "00", "-0", "1e3", "9007199254740993"].map(written)).toEqual([
    "0",
    "17",
    "(-1)",
    '"0760"',
    '"00"',
    '"-0"',
    '"1e3"',
    '"9007199254740993"',
  ]);
});

describe("ports of NixOS' firewall", () => {
  const opened = (addresses: readonly string[], also: (s: HostSettings) => void = () => {}) =>
    renderNixos(
      hostThat(
        (s) => {
          for (const address of addresses) s.address("exp0", address, WHY);
          s.openPort({ protocol: "udp", port: 51820, interface: "exp0" }, WHY);
          s.openPort({ protocol: "tcp", port: 179, interface: "exp0" }, { because: "BGP" });
          also(s);
        },
        { platform: Platform.nixos("24.11") },
      ),
      "24.11",
    );
  const section = (text: string) => /\n {2}networking = \{\n(?:.*\n)*? {2}\};\n/.exec(text)?.[0];

  it("are bound to the addresses of a port whose kernel name is not known, in either kind of firewall", () => {
    expect(section(opened(["10.10.1.1/24", "fd00:10::1/64"]))).toMatchInlineSnapshot(`
      "
        networking = {
          firewall = {
            # BGP (lab/node-0/F)
            # the test wants it (lab/node-0/F)
            extraCommands = lib.mkIf (!config.networking.nftables.enable) ''
              iptables -w -A nixos-fw -d 10.10.1.1 -p tcp --dport 179 -j nixos-fw-accept
              ip6tables -w -A nixos-fw -d fd00:10::1 -p tcp --dport 179 -j nixos-fw-accept
              iptables -w -A nixos-fw -d 10.10.1.1 -p udp --dport 51820 -j nixos-fw-accept
              ip6tables -w -A nixos-fw -d fd00:10::1 -p udp --dport 51820 -j nixos-fw-accept
            '';
            # BGP (lab/node-0/F)
            # the test wants it (lab/node-0/F)
            extraInputRules = ''
              ip daddr 10.10.1.1 tcp dport 179 accept
              ip6 daddr fd00:10::1 tcp dport 179 accept
              ip daddr 10.10.1.1 udp dport 51820 accept
              ip6 daddr fd00:10::1 udp dport 51820 accept
            '';
          };
          # the host's name in the stack
          hostName = lib.mkOverride 900 "node-0";
          # the ports and tunnels below are Netloom's
          networkmanager.unmanaged = [ "mac:02:00:00:00:00:01" ];
        };
      "
    `);
  });

  it("are bound to the interface where its name is known", () => {
    const text = opened(["10.10.1.1/24"], (s) => s.openPort({ protocol: "tcp", port: 22, interface: "exp1" }, WHY));
    expect(text).toContain("interfaces.enp1s0.allowedTCPPorts = [ 22 ];");
    expect(text).not.toMatch(/dport 22\b/);
  });

  it("are open on every interface where nothing tells the port, and a comment says so", () => {
    const text = opened([]);
    expect(text).toContain("allowedTCPPorts = [ 179 ];");
    expect(text).toContain("# BGP; on every interface, as exp0 has neither name nor address (lab/node-0/F)");
    expect(text).not.toContain("extraCommands");
  });

  it("are refused beside another definition of the same option, with who made both", () => {
    const own = (s: HostSettings) => s.nixos("networking.firewall.extraInputRules", "tcp dport 22 accept\n", WHY);
    expect(() => opened(["10.10.1.1/24"], own)).toThrow(
      "networking.firewall.extraInputRules: is defined by lab/node-0/F and by lab/node-0/F",
    );
  });
});
