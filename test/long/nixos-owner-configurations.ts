/** The configuration that a machine has of its own when Netloom's module is added to it. */
export interface OwnerConfiguration {
  readonly name: string;
  /** A NixOS module, besides a boot loader, a root file system and `stateVersion`. */
  readonly module: string;
  /** Hosts of {@link ownerHosts} whose module is added, one at a time. @default - `bbr` and `hub` */
  readonly hosts?: readonly string[];
  /** What NixOS says where the two cannot be one system, and which hosts that is about. @default - all evaluate */
  readonly refused?: Readonly<Record<string, string>>;
  /** Imports an older version of the host's module from the stack's flake, too. @default false */
  readonly imports?: boolean;
}

const interfaces = (text: string) => `networking.interfaces.${text};`;

/** What people's configurations look like: who looks after the network, what else is on the machine, where it came from. */
export const OWNER_CONFIGURATIONS: readonly OwnerConfiguration[] = [
  {
    name: "generated",
    module: `{ networking.useDHCP = lib.mkDefault true; nixpkgs.hostPlatform = lib.mkDefault "x86_64-linux"; }`,
    hosts: ["bbr", "hub", "fabric", "tables", "settings"],
  },
  {
    name: "dhcp-on-control-port",
    module: `{ networking.useDHCP = false; ${interfaces("eno1.useDHCP = true")} }`,
    hosts: ["bbr", "fabric"],
  },
  {
    name: "networkd",
    module: `{ networking.useNetworkd = true; networking.useDHCP = false; ${interfaces("eno1.useDHCP = true")} }`,
    hosts: ["bbr", "hub", "fabric"],
  },
  {
    name: "networkd-by-hand",
    module: `{ networking.useDHCP = false; systemd.network.enable = true; systemd.network.networks."20-lan" = { matchConfig.Name = "eno1"; networkConfig.DHCP = "yes"; }; }`,
  },
  { name: "networkmanager", module: `{ networking.networkmanager.enable = true; }`, hosts: ["bbr", "hub", "fabric"] },
  {
    name: "scripted-addresses",
    module: `{ networking.useDHCP = false; networking.defaultGateway = "192.0.2.1"; ${interfaces('eno1.ipv4.addresses = [ { address = "192.0.2.10"; prefixLength = 24; } ]')} }`,
  },
  { name: "bridge", module: `{ networking.bridges.br0.interfaces = [ "eno1" ]; ${interfaces("br0.useDHCP = true")} }` },
  {
    name: "bond",
    module: `{ networking.bonds.bond0 = { interfaces = [ "eno1" "eno2" ]; driverOptions.mode = "802.3ad"; }; ${interfaces("bond0.useDHCP = true")} }`,
  },
  {
    name: "vlan",
    module: `{ networking.vlans.lan = { id = 42; interface = "eno1"; }; ${interfaces("lan.useDHCP = true")} }`,
  },
  {
    name: "own-wireguard",
    module: `{ networking.wireguard.interfaces.home = { ips = [ "10.99.0.1/24" ]; privateKeyFile = "/etc/wg/key"; listenPort = 51000; }; }`,
    hosts: ["hub"],
  },
  { name: "docker", module: `{ virtualisation.docker.enable = true; }` },
  { name: "libvirtd", module: `{ virtualisation.libvirtd.enable = true; }` },
  {
    name: "nat",
    module: `{ networking.nat = { enable = true; externalInterface = "eno1"; internalInterfaces = [ "eno2" ]; }; }`,
  },
  { name: "tailscale", module: `{ services.tailscale = { enable = true; useRoutingFeatures = "both"; }; }` },
  { name: "resolved", module: `{ services.resolved.enable = true; }` },
  { name: "hardened", module: `{ imports = [ (modulesPath + "/profiles/hardened.nix") ]; }` },
  {
    name: "headless-minimal",
    module: `{ imports = [ (modulesPath + "/profiles/headless.nix") (modulesPath + "/profiles/minimal.nix") ]; }`,
  },
  {
    name: "qemu-guest",
    module: `{ imports = [ (modulesPath + "/profiles/qemu-guest.nix") ]; networking.enableIPv6 = false; }`,
  },
  { name: "systemd-initrd", module: `{ boot.initrd.systemd.enable = true; }` },
  { name: "nftables", module: `{ networking.nftables.enable = true; }`, hosts: ["hub", "tables"] },
  {
    name: "iptables-for-good",
    module: `{ networking.nftables.enable = false; }`,
    hosts: ["bbr", "tables"],
    refused: { tables: "netloom's tables of test/tables (ip marks, ip6 marks) need networking.nftables.enable" },
  },
  {
    name: "iptables-rules",
    module: `{ networking.firewall.extraCommands = "iptables -A nixos-fw -p tcp --dport 8080 -j nixos-fw-accept"; }`,
    hosts: ["bbr", "tables"],
    refused: { tables: "extraCommands is incompatible with the nftables based firewall" },
  },
  { name: "no-firewall", module: `{ networking.firewall.enable = false; }`, hosts: ["hub", "tables"] },
  {
    name: "bbr-snippet",
    module: `{ boot.kernel.sysctl."net.core.default_qdisc" = "fq"; boot.kernel.sysctl."net.ipv4.tcp_congestion_control" = "bbr"; }`,
  },
  {
    name: "other-sysctls",
    module: `{ boot.kernel.sysctl = { "net.ipv4.tcp_congestion_control" = "cubic"; "net.core.rmem_max" = lib.mkIf true 1048576; "net.core.default_qdisc" = lib.mkDefault "fq_codel"; }; }`,
  },
  {
    name: "forced-sysctl",
    module: `{ boot.kernel.sysctl."net.ipv4.tcp_congestion_control" = lib.mkForce "cubic"; }`,
    hosts: ["bbr"],
  },
  {
    name: "router",
    module: `{ boot.kernel.sysctl = { "net.ipv4.ip_forward" = true; "net.ipv6.conf.all.forwarding" = "1"; }; }`,
    hosts: ["hub"],
  },
  {
    name: "amazon-image",
    module: `{ imports = [ (modulesPath + "/virtualisation/amazon-image.nix") ]; }`,
    hosts: ["bbr"],
  },
  {
    name: "openstack-image",
    module: `{ imports = [ (modulesPath + "/../maintainers/scripts/openstack/openstack-image.nix") ]; }`,
    hosts: ["bbr"],
  },
  {
    name: "google-image",
    module: `{ imports = [ (modulesPath + "/virtualisation/google-compute-config.nix") ]; }`,
    hosts: ["bbr"],
  },
  {
    name: "own-defaults",
    module: `{ networking.hostName = lib.mkDefault "old"; systemd.network.wait-online.enable = lib.mkDefault true; networking.networkmanager.unmanaged = [ "interface-name:x*" ]; networking.dhcpcd.denyInterfaces = [ "enp9s0" ]; }`,
  },
  { name: "k3s-of-its-own", module: `{ services.k3s.enable = true; networking.useNetworkd = true; }` },
  { name: "imports-the-module", module: `{ }`, hosts: ["bbr", "hub", "fabric", "tables", "settings"], imports: true },
  {
    name: "no-networkd",
    module: `{ systemd.network.enable = false; }`,
    hosts: ["bbr"],
    refused: { bbr: "The option `systemd.network.enable' has conflicting definition values" },
  },
];
