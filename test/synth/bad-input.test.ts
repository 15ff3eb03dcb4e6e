import { Lazy, TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { CLOUDLAB } from "../../lib/constructs/cloudlab";
import {
  BbrHost,
  Check,
  Deployment,
  Duration,
  Host,
  JumboFabric,
  MachineType,
  type NetworkInterfaceProps,
  nicModel,
  Rate,
  Rules,
  Target,
  Topology,
  WireGuardKeys,
  WireGuardMesh,
} from "../../lib";
import { lib, nix } from "../../lib/nix-ts-builder";
import { labHost, labHosts, labMesh, macOf } from "../support/lab";
import { filesBelow, project } from "../support/output";

const because = "the test wants it";
const KEY = "QHXPa3rVbOtLZpQKy6SgUeJgdCzeMHP5Vq3UhFR0pU0=";

interface BadInput {
  /** What is wrong, for the title. */
  readonly name: string;
  readonly build: (stack: TerraformStack) => void;
  /** Code of the problem. */
  readonly code: string;
  /** Construct path that it names. */
  readonly at: string;
  /** Text of the value that it shows. @default - it has to be left out, because it is a secret */
  readonly value?: string;
}

/** A host on CloudLab, whose switches carry at most 9000 bytes. */
function cloudlab(stack: TerraformStack, interfaces: readonly NetworkInterfaceProps[]): Host {
  return new Host(stack, "node-0", { machine: { name: "node-0", testbed: CLOUDLAB, interfaces } });
}

function oneHost(stack: TerraformStack): Host {
  return labHosts(stack, 1)[0]!;
}

const CONTROL: NetworkInterfaceProps = {
  id: "control",
  control: true,
  mac: macOf(99),
  addresses: ["128.105.145.7/32"],
};
const EXP0: NetworkInterfaceProps = { id: "exp0", mac: macOf(0), addresses: ["10.10.1.1/24"] };

const CASES: readonly BadInput[] = [
  {
    name: "a key file in the home directory of someone else",
    build: () => void Target.ssh({ host: "node-0", identityFile: "~nobody/key" }),
    code: "NL-TARGET",
    at: "",
    value: "~nobody/key",
  },
  {
    name: "a key file with a variable that ssh would expand",
    build: () => void Target.ssh({ host: "node-0", identityFile: "keys/${USER}" }),
    code: "NL-TARGET",
    at: "",
    value: "keys/${USER}",
  },
  {
    name: "an SSH host with an octal part, which is another address to ssh",
    build: () => void Target.ssh({ host: "010.10.1.1" }),
    code: "NL-TARGET",
    at: "",
    value: "010.10.1.1",
  },
  {
    name: "a new SSH host that is an address of three parts",
    build: () => void Target.ssh({ host: "node-0", newHost: "10.1.1" }),
    code: "NL-TARGET",
    at: "",
    value: "10.1.1",
  },
  {
    name: "an SSH host that is neither a name nor an address",
    build: () => void Target.ssh({ host: "node-0:22" }),
    code: "NL-TARGET",
    at: "",
    value: "node-0:22",
  },
  {
    name: "a jump host that is a number",
    build: () => void Target.ssh({ host: "node-0", proxyJump: "gate,root@0x7f000001:22" }),
    code: "NL-TARGET",
    at: "",
    value: "gate,root@0x7f000001:22",
  },
  {
    name: "a jump host that is missing after a comma",
    build: () => void Target.ssh({ host: "node-0", proxyJump: "gate," }),
    code: "NL-TARGET",
    at: "",
    value: "gate,",
  },
  {
    name: "a jump host without a name",
    build: () => void Target.ssh({ host: "node-0", proxyJump: "user@" }),
    code: "NL-TARGET",
    at: "",
    value: "user@",
  },
  {
    name: "a text that was cut within a character",
    build: (stack) => oneHost(stack).file("/etc/motd", { content: "smile: 😀".slice(0, -1) }, { because }),
    code: "NL-TEXT",
    at: "lab/node-0/Direct",
    value: "",
  },
  {
    name: "an MTU of 9216 on CloudLab",
    build: (stack) => {
      const host = cloudlab(stack, [CONTROL, EXP0]);
      new JumboFabric(stack, "fabric", { mtu: 9216, members: [host], switchesCarryJumbo: true });
    },
    code: "NL-011",
    at: "lab/node-0/Fabric-lab-fabric",
    value: "9216",
  },
  {
    name: "an MTU above what the card carries",
    build: (stack) => {
      const interfaces = [{ ...EXP0, nic: nicModel("i350") }];
      const host = new Host(stack, "node-0", { interfaces });
      new JumboFabric(stack, "fabric", { mtu: 16000, members: [host], switchesCarryJumbo: true });
    },
    code: "NL-011",
    at: "lab/node-0/Fabric-lab-fabric",
    value: "16000",
  },
  {
    name: "an MTU that is no number of bytes",
    build: (stack) => void new JumboFabric(stack, "fabric", { mtu: 9000.5 }),
    code: "NL-MTU-RANGE",
    at: "lab/fabric",
    value: "9000.5",
  },
  {
    name: "jumbo frames on a LAN that was made without",
    build: (stack) => {
      const host = new Host(stack, "node-0", { interfaces: [{ ...EXP0, lan: "lan0" }] });
      new JumboFabric(stack, "fabric", { lan: { name: "lan0", jumbo: false }, members: [host] });
    },
    code: "NL-011",
    at: "lab/fabric",
    value: "9000",
  },
  {
    name: "two MTUs in one segment",
    build: (stack) => {
      const [one] = labHosts(stack, 2);
      one!.link("exp0", { mtu: 9000 }, { because });
    },
    code: "NL-012",
    at: "lab/node-1",
    value: "[1500,9000]",
  },
  {
    name: "an MTU below what IPv6 needs",
    build: (stack) => {
      const host = new Host(stack, "node-0", { interfaces: [{ ...EXP0, addresses: ["fd00:10::1/64"] }] });
      host.link("exp0", { mtu: 1200 }, { because });
    },
    code: "NL-013",
    at: "lab/node-0/Direct",
    value: "1200",
  },
  {
    name: "a link property that is no whole number",
    build: (stack) => oneHost(stack).link("exp0", { mtu: Number.NaN }, { because }),
    code: "NL-LINK",
    at: "lab/node-0/Direct",
    value: "null",
  },
  {
    name: "a setting for the control interface",
    build: (stack) =>
      new Host(stack, "node-0", { interfaces: [CONTROL, EXP0] }).link("control", { mtu: 9000 }, { because }),
    code: "NL-001",
    at: "lab/node-0/Direct",
    value: '"control"',
  },
  {
    name: "an interface that the host does not have",
    build: (stack) => oneHost(stack).link("eth9", { mtu: 1500 }, { because }),
    code: "NL-INTERFACE-UNKNOWN",
    at: "lab/node-0",
    value: '"eth9"',
  },
  {
    name: "a port found by name on CloudLab",
    build: (stack) => void cloudlab(stack, [CONTROL, { id: "exp0", name: "enp94s0f0", addresses: ["10.10.1.1/24"] }]),
    code: "NL-002",
    at: "lab/node-0",
    value: '"enp94s0f0"',
  },
  {
    name: "an overlay that overlaps the LAN it runs over",
    build: (stack) => {
      const members = labHosts(stack, 2);
      new WireGuardMesh(stack, "mesh", { subnet: "10.0.0.0/8", members });
    },
    code: "NL-006",
    at: "lab/mesh",
    value: '"10.0.0.0/8"',
  },
  {
    name: "two overlays with common addresses",
    build: (stack) => {
      const members = labHosts(stack, 2);
      new WireGuardMesh(stack, "a", { subnet: "10.66.0.0/16", members });
      new WireGuardMesh(stack, "b", { subnet: "10.66.4.0/24", members, port: 51821, device: "wg1" });
    },
    code: "NL-004",
    at: "lab/node-0/Mesh-lab-a",
    value: '["10.66.0.0/16","10.66.4.0/24"]',
  },
  {
    name: "a host in two meshes on one port",
    build: (stack) => {
      const members = labHosts(stack, 2);
      new WireGuardMesh(stack, "a", { subnet: "10.66.0.0/24", members });
      new WireGuardMesh(stack, "b", { subnet: "10.67.0.0/24", members, device: "wg1" });
    },
    code: "NL-049",
    at: "lab/node-0/Mesh-lab-b",
    value: "51820",
  },
  {
    name: "a mesh on the port of VXLAN",
    build: (stack) =>
      void new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24", members: labHosts(stack, 2), port: 8472 }),
    code: "NL-049",
    at: "lab/node-0/Mesh-lab-mesh",
    value: "8472",
  },
  {
    name: "two meshes with one device name",
    build: (stack) => {
      const members = labHosts(stack, 1);
      new WireGuardMesh(stack, "a", { subnet: "10.66.0.0/24", members });
      new WireGuardMesh(stack, "b", { subnet: "10.67.0.0/24", members, port: 51821 });
    },
    code: "NL-CONFLICT",
    at: "lab/node-0/Mesh-lab-a and lab/node-0/Mesh-lab-b",
    value: "51821",
  },
  {
    name: "a tunnel MTU that does not fit into the underlay",
    build: (stack) =>
      void new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24", members: labHosts(stack, 2), mtu: 1500 }),
    code: "NL-010",
    at: "lab/mesh",
    value: "1500",
  },
  {
    name: "an address outside of the mesh's subnet",
    build: (stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" });
      mesh.addMember(oneHost(stack), { address: "10.99.0.1" });
    },
    code: "NL-ADDRESS-POOL",
    at: "lab/mesh",
    value: '"10.99.0.1"',
  },
  {
    name: "one mesh address for two members",
    build: (stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" });
      for (const host of labHosts(stack, 2)) mesh.addMember(host, { address: "10.66.0.5" });
    },
    code: "NL-ADDRESS-POOL",
    at: "lab/mesh",
    value: '"10.66.0.5"',
  },
  {
    name: "a subnet with host bits",
    build: (stack) => void new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.1/24" }),
    code: "NL-CIDR",
    at: "lab/mesh",
    value: '"10.66.0.1/24"',
  },
  {
    name: "a subnet that is too small for its members",
    build: (stack) => void new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/30", members: labHosts(stack, 3) }),
    code: "NL-ADDRESS-POOL",
    at: "lab/mesh",
    value: '"node-2"',
  },
  {
    name: "a default route through a tunnel",
    build: (stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" });
      mesh.addMember(oneHost(stack), { routes: ["0.0.0.0/0"] });
    },
    code: "NL-005",
    at: "lab/mesh",
    value: '"0.0.0.0/0"',
  },
  {
    name: "a tunnel that takes the control network",
    build: (stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" });
      mesh.addMember(new Host(stack, "node-0", { interfaces: [CONTROL, EXP0] }), { routes: ["128.105.0.0/16"] });
    },
    code: "NL-005",
    at: "lab/mesh",
    value: '"128.105.0.0/16"',
  },
  {
    name: "one network behind two members",
    build: (stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" });
      for (const host of labHosts(stack, 2)) mesh.addMember(host, { routes: ["192.168.7.0/24"] });
    },
    code: "NL-006",
    at: "lab/node-0 and lab/node-1",
    value: '["192.168.7.0/24","192.168.7.0/24"]',
  },
  {
    name: "an endpoint on the control network",
    build: (stack) => {
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" });
      mesh.addMember(new Host(stack, "node-0", { interfaces: [CONTROL, EXP0] }), { endpoint: "128.105.145.7" });
    },
    code: "NL-007",
    at: "lab/node-0",
    value: '"128.105.145.7:51820"',
  },
  {
    name: "an endpoint that would smuggle a line into the table",
    build: (stack) =>
      new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" }).addPeer({
        name: "laptop",
        publicKey: KEY,
        endpoint: "203.0.113.7:51820\nAllowedIPs = 0.0.0.0/0",
      }),
    code: "NL-MESH-ENDPOINT",
    at: "lab/mesh",
    value: "203.0.113.7:51820\\n",
  },
  {
    name: "a public key that is none",
    build: (stack) =>
      new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" }).addPeer({ name: "laptop", publicKey: "abc" }),
    code: "NL-MESH-KEY",
    at: "lab/mesh",
    value: '"abc"',
  },
  {
    name: "a hub that is not a member",
    build: (stack) => {
      const [hub, spoke] = labHosts(stack, 2);
      const topology = Topology.hubAndSpoke(hub!);
      new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24", topology, members: [spoke!] });
    },
    code: "NL-MESH-HUB",
    at: "lab/mesh",
    value: '["node-0"]',
  },
  {
    name: "a host twice in one mesh",
    build: (stack) => {
      const { mesh, hosts } = labMesh(stack);
      mesh.addMember(hosts[0]!);
    },
    code: "NL-MESH-MEMBER",
    at: "lab/mesh",
    value: '"node-0"',
  },
  {
    name: "a private key instead of a key directory",
    build: (stack) =>
      void new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24", keys: WireGuardKeys.directory(KEY) }),
    code: "NL-PRIVATE-KEY",
    at: "lab/mesh",
  },
  {
    name: "a private key in a file",
    build: (stack) =>
      oneHost(stack).file("/etc/wireguard/wg9.conf", { content: `[Interface]\nPrivateKey = ${KEY}\n` }, { because }),
    code: "NL-009",
    at: "lab/node-0/Direct",
  },
  {
    name: "a private key in a NixOS option",
    build: (stack) => oneHost(stack).nixos("networking.wireguard.interfaces.wg9.privateKey", KEY, { because }),
    code: "NL-009",
    at: "lab/node-0/Direct",
  },
  {
    name: "a private key in a set of NixOS options",
    build: (stack) =>
      oneHost(stack).nixos(
        "networking.wireguard",
        lib.mkIf(true, { interfaces: { wg9: { peers: [{ presharedKey: nix.raw('"…"') }] } } }),
        { because },
      ),
    code: "NL-009",
    at: "lab/node-0/Direct",
  },
  {
    name: "a sysctl out of its range",
    build: (stack) => oneHost(stack).sysctl("net.ipv4.tcp_mtu_probing", 3, { because }),
    code: "NL-035",
    at: "lab/node-0/Direct",
    value: '"net.ipv4.tcp_mtu_probing = 3"',
  },
  {
    name: "a sysctl that the kernel no longer has",
    build: (stack) => oneHost(stack).sysctl("net.ipv4.tcp_tw_recycle", 1, { because }),
    code: "NL-034",
    at: "lab/node-0/Direct",
    value: '"net.ipv4.tcp_tw_recycle = 1"',
  },
  {
    name: "a sysctl that is none",
    build: (stack) => oneHost(stack).sysctl("tcp rmem", 1, { because }),
    code: "NL-SYSCTL-KEY",
    at: "lab/node-0/Direct",
    value: '"tcp rmem"',
  },
  {
    name: "a sysctl without a value",
    build: (stack) => oneHost(stack).sysctl("vm.swappiness", Number.NaN, { because }),
    code: "NL-SYSCTL-VALUE",
    at: "lab/node-0/Direct",
    value: '"NaN"',
  },
  {
    name: "two constructs with different values for one key",
    build: (stack) => {
      const host = new BbrHost(stack, "node-0", labHost(0));
      host.sysctl("net.ipv4.tcp_congestion_control", "cubic", { because });
    },
    code: "NL-CONFLICT",
    at: "lab/node-0/Bbr and lab/node-0/Direct",
    value: '["bbr","cubic"]',
  },
  {
    name: "a setting without a reason",
    build: (stack) => oneHost(stack).sysctl("vm.swappiness", 10, { because: " " }),
    code: "NL-REASON",
    at: "lab/node-0/Direct",
    value: '" "',
  },
  {
    name: "TCP memory in bytes",
    build: (stack) => {
      const host = new Host(stack, "node-0", labHost(0, { machineType: MachineType.of("m510") }));
      host.sysctl("net.ipv4.tcp_mem", [67108864, 134217728, 268435456], { because });
    },
    code: "NL-032",
    at: "lab/node-0/Direct",
    value: "268435456",
  },
  {
    name: "a sysctl on the kernel command line",
    build: (stack) => oneHost(stack).nixos("boot.kernelParams", ["quiet", "sysctl.net.ipv4.tcp_ecn=1"], { because }),
    code: "NL-036",
    at: "lab/node-0/Direct",
    value: '"sysctl.net.ipv4.tcp_ecn=1"',
  },
  {
    name: "a host name that is no DNS label",
    build: (stack) => void new Host(stack, "Node_0"),
    code: "NL-HOST-NAME",
    at: "lab/Node_0",
    value: '"Node_0"',
  },
  {
    name: "two hosts with one name",
    build: (stack) => {
      new Host(stack, "a", { hostName: "node-0" });
      new Host(stack, "b", { hostName: "node-0" });
    },
    code: "NL-HOST-TWICE",
    at: "lab/b and lab/a",
    value: '"node-0"',
  },
  {
    name: "two hosts on one machine",
    build: (stack) => {
      new Host(stack, "a", { target: Target.ssh({ host: "Node-0.example.net" }) });
      new Host(stack, "b", { target: Target.ssh({ host: "node-0.example.net", port: 22, user: "admin" }) });
    },
    code: "NL-TARGET-TWICE",
    at: "lab/b and lab/a",
    value: '"node-0.example.net port 22"',
  },
  {
    name: "two hosts in one directory",
    build: (stack) => {
      new Host(stack, "a", { target: Target.directory("roots/a") });
      new Host(stack, "b", { target: Target.directory("./roots/b/../a") });
    },
    code: "NL-TARGET-TWICE",
    at: "lab/b and lab/a",
    value: "roots/a",
  },
  {
    name: "one address on two hosts",
    build: (stack) => {
      for (const i of [0, 1]) new Host(stack, `node-${i}`, { interfaces: [{ ...EXP0, mac: macOf(i) }] });
    },
    code: "NL-064",
    at: "lab/node-1/Addresses and lab/node-0/Addresses",
    value: '"10.10.1.1"',
  },
  {
    name: "the broadcast address on an interface",
    build: (stack) => void new Host(stack, "node-0", { interfaces: [{ ...EXP0, addresses: ["10.10.1.255/24"] }] }),
    code: "NL-INTERFACE-ADDRESS",
    at: "lab/node-0",
    value: '"10.10.1.255/24"',
  },
  {
    name: "a MAC address that is none",
    build: (stack) => void new Host(stack, "node-0", { interfaces: [{ ...EXP0, mac: "02:00:00:00:00" }] }),
    code: "NL-MAC-ADDRESS",
    at: "lab/node-0",
    value: '"02:00:00:00:00"',
  },
  {
    name: "two interfaces with one MAC address",
    build: (stack) => void new Host(stack, "node-0", { interfaces: [EXP0, { id: "exp1", mac: macOf(0) }] }),
    code: "NL-INTERFACE-TWICE",
    at: "lab/node-0",
    value: `"${macOf(0)}"`,
  },
  {
    name: "a gateway that is on none of the port's networks",
    build: (stack) => oneHost(stack).route("exp0", { to: "10.20.0.0/16", via: "10.30.0.1" }, { because }),
    code: "NL-065",
    at: "lab/node-0/Direct",
    value: '"10.30.0.1"',
  },
  {
    name: "a route to a host address with a prefix",
    build: (stack) => oneHost(stack).route("exp0", { to: "10.20.0.1/16" }, { because }),
    code: "NL-CIDR",
    at: "lab/node-0/Direct",
    value: '"10.20.0.1/16"',
  },
  {
    name: "a route that mixes address families",
    build: (stack) => oneHost(stack).route("exp0", { to: "fd00:20::/64", via: "10.10.1.254" }, { because }),
    code: "NL-ROUTE",
    at: "lab/node-0/Direct",
    value: '["fd00:20::/64","10.10.1.254",null]',
  },
  {
    name: "a port number that is none",
    build: (stack) => oneHost(stack).openPort({ protocol: "tcp", port: 70000 }, { because }),
    code: "NL-OPEN-PORT",
    at: "lab/node-0/Direct",
    value: "70000",
  },
  {
    name: "a file where nothing can be taken back",
    build: (stack) => oneHost(stack).file("/proc/sys/vm/swappiness", { content: "1" }, { because }),
    code: "NL-FILE-PATH",
    at: "lab/node-0/Direct",
    value: '"/proc/sys/vm/swappiness"',
  },
  {
    name: "a unit without a suffix",
    build: (stack) => oneHost(stack).unit("netloom-x", { service: { ExecStart: "/bin/true" } }, { because }),
    code: "NL-UNIT-NAME",
    at: "lab/node-0/Direct",
    value: '"netloom-x"',
  },
  {
    name: "a unit value that runs into the next line",
    build: (stack) =>
      oneHost(stack).unit("x.service", { service: { ExecStart: "/bin/true\nUser=nobody" } }, { because }),
    code: "NL-UNIT",
    at: "lab/node-0/Direct",
    value: "/bin/true\\nUser=nobody",
  },
  {
    name: "a value that only Terraform knows, in a file",
    build: (stack) => {
      const content = Lazy.stringValue({ produce: () => "late" });
      oneHost(stack).file("/etc/example.conf", { content }, { because });
    },
    code: "NL-TOKEN-IN-FILE",
    at: "lab/node-0/Direct",
    value: "${TfToken[",
  },
  {
    name: "a number that only Terraform knows, in a sysctl",
    build: (stack) => {
      const late = Lazy.numberValue({ produce: () => 10 });
      oneHost(stack).sysctl("kernel.pid_max", late, { because });
    },
    code: "NL-TOKEN-IN-FILE",
    at: "lab/node-0/Direct",
    value: "e+298",
  },
  {
    name: "an SSH host that ssh would read as an option",
    build: (stack) => void new Host(stack, "node-0", { target: Target.ssh({ host: "-oProxyCommand=reboot" }) }),
    code: "NL-TARGET",
    at: "",
    value: '"-oProxyCommand=reboot"',
  },
  {
    name: "a private key as identity file",
    build: () => void Target.ssh({ host: "node-0", identityFile: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r" }),
    code: "NL-PRIVATE-KEY",
    at: "",
  },
  {
    name: "a wave that the stack does not have",
    build: (stack) => void new Host(stack, "node-0", labHost(0, { wave: "canary" })),
    code: "NL-WAVE",
    at: "lab/node-0",
    value: '"canary"',
  },
  {
    name: "two waves with one name",
    build: (stack) => void new Deployment(stack, { waves: ["canary", "canary"] }),
    code: "NL-WAVE",
    at: "lab/Deployment",
    value: '"canary"',
  },
  {
    name: "a window in which nobody can confirm",
    build: (stack) => void new Host(stack, "node-0", labHost(0, { window: Duration.seconds(1) })),
    code: "NL-WINDOW",
    at: "lab/node-0",
    value: '"1 s"',
  },
  {
    name: "a deployment behind the first host",
    build: (stack) => {
      oneHost(stack);
      new Deployment(stack, { waves: ["canary", "rest"] });
    },
    code: "NL-DEPLOYMENT-TWICE",
    at: "lab/Deployment and lab/node-0",
    value: '"Deployment"',
  },
  {
    name: "a path that one stream cannot fill",
    build: (stack) =>
      void new BbrHost(stack, "node-0", { ...labHost(0), path: { rate: Rate.gbps(400), rtt: Duration.seconds(2) } }),
    code: "NL-TCP-BUFFER",
    at: "lab/node-0/Bbr",
    value: "",
  },
  {
    name: "a guess among several ports",
    build: (stack) => {
      const interfaces = [EXP0, { id: "exp1", mac: macOf(1), addresses: ["10.10.2.1/24"] }];
      new JumboFabric(stack, "fabric", { members: [new Host(stack, "node-0", { interfaces })] });
    },
    code: "NL-PORT-CHOICE",
    at: "lab/fabric and lab/node-0",
    value: "",
  },
  {
    name: "a member of another stack",
    build: (stack) => {
      const other = new TerraformStack(stack.node.root, "other");
      new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24", members: labHosts(other, 1) });
    },
    code: "NL-MESH-STACK",
    at: "lab/mesh and other/node-0",
    value: '"node-0"',
  },
  {
    name: "an acknowledgement without a reason",
    build: (stack) => Rules.acknowledge(oneHost(stack), "NL-014", ""),
    code: "NL-ACKNOWLEDGE",
    at: "lab/node-0",
    value: '["NL-014",""]',
  },
  {
    name: "a check with an empty argument",
    build: (stack) => oneHost(stack).check(Check.service(""), { because }),
    code: "NL-CHECK-ARGUMENT",
    at: "",
    value: '[""]',
  },
];

describe("bad input", () => {
  it("is tried in at least 30 ways", () => expect(CASES.length).toBeGreaterThanOrEqual(30));

  it.each(CASES)("$name is refused with place, value and remedy, and nothing is written", (bad) => {
    const at = project();
    const message = messageOf(() => at.synth(bad.build));
    expect(message).toContain(`${bad.code}: `);
    const problem = message.slice(message.indexOf(`${bad.code}: `));
    if (bad.at !== "") expect(problem).toContain(`  at:      ${bad.at}`);
    if (bad.value === undefined) expect(message).not.toMatch(/QHXPa3rV|b3BlbnNzaC1r/);
    else if (bad.value !== "")
      expect(problem.split("\n").find((line) => line.includes("value: "))).toContain(bad.value);
    expect(problem).toMatch(/^ *(allowed|fix): +\S/m);
    expect([...filesBelow(at.directory).keys()]).toEqual([]);
  });

  it("is reported all at once", () => {
    const message = messageOf(() =>
      project().synth((stack) => {
        const [one, two] = labHosts(stack, 2);
        one!.sysctl("not a key", 1, { because });
        one!.link("exp0", { mtu: 1 }, { because });
        two!.openPort({ protocol: "tcp", port: 0 }, { because });
        two!.sysctl("net.ipv4.tcp_tw_recycle", 1, { because });
        two!.sysctl("net.ipv4.tcp_sack", 0, { because });
      }),
    );
    for (const code of ["NL-SYSCTL-KEY", "NL-LINK", "NL-OPEN-PORT", "NL-034", "NL-038"]) {
      expect(message).toContain(`${code}: `);
    }
  });

  it("in one stack keeps every stack of the app from being written", () => {
    const at = project();
    const message = messageOf(() =>
      at.synth((stack, app) => {
        labMesh(stack);
        oneHost(new TerraformStack(app, "zzz")).sysctl("net.ipv4.tcp_mtu_probing", 3, { because });
      }),
    );
    expect(message).toContain("NL-TARGET-TWICE");
    const again = messageOf(() =>
      at.synth((stack, app) => {
        labMesh(stack);
        new Host(new TerraformStack(app, "zzz"), "other").sysctl("net.ipv4.tcp_mtu_probing", 3, { because });
      }),
    );
    expect(again).toContain("NL-035");
    expect([...filesBelow(at.directory).keys()]).toEqual([]);
  });
});

function messageOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the input was accepted");
}
