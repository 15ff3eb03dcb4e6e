import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import { CLOUDLAB } from "../../lib/constructs/cloudlab";
import {
  Bbr,
  BbrHost,
  Duration,
  Host,
  JumboFabric,
  MachineType,
  type NetworkInterfaceProps,
  nicModel,
  Rate,
  Target,
  WireGuardMesh,
} from "../../lib";
import { HostFeature, type HostSettings } from "../../lib/features";
import { ALL_RULES } from "../../lib/rules";
import { FABRIC_RULES } from "../../lib/rules/fabric";
import { MEMBER_NETWORK_RULES } from "../../lib/rules/member-networks";
import { NETWORK_RULES } from "../../lib/rules/network";
import { SECRET_RULES } from "../../lib/rules/secrets";
import { SYSCTL_RULES } from "../../lib/rules/sysctl";
import { TRANSPORT_RULES } from "../../lib/rules/transport";
import { expectStack, synthToFiles } from "../../lib/testing";
import { labHost, labHosts, labMesh, macOf, WAN } from "../support/lab";

const because = "the test wants it";
const WHY = { because };
const FORCE = { because, priority: "force" } as const;

type Build = (stack: TerraformStack) => void;

interface RuleCase {
  readonly id: string;
  /** Each of these stacks breaks the rule. */
  readonly trips: Readonly<Record<string, Build>>;
  /** Each of these stacks is near to it, and does not. */
  readonly passes: Readonly<Record<string, Build>>;
}

/** One host with `change` applied. */
const host =
  (change: (host: Host) => void, props = {}): Build =>
  (stack) =>
    change(labHosts(stack, 1, props)[0]!);

const sysctl = (key: string, value: string | number | readonly number[], reason = WHY, props = {}): Build =>
  host((h) => h.sysctl(key, value, reason), props);

const port = (more: Partial<NetworkInterfaceProps> = {}): NetworkInterfaceProps => ({
  id: "exp0",
  mac: macOf(0),
  addresses: ["10.10.1.1/24"],
  ...more,
});

/** Office a with networks behind it, and office b on 192.168.1.0/24. */
const offices =
  (how: {
    readonly routes?: readonly string[];
    readonly localNetworks?: readonly string[];
    readonly unmanaged?: boolean;
  }): Build =>
  (stack) => {
    const office = (name: string, index: number, address: string) =>
      new Host(stack, name, {
        interfaces: [
          { id: "wan", mac: macOf(index), addresses: [`203.0.113.${index}/24`] },
          { id: "lan", mac: macOf(index + 10), addresses: [address] },
        ],
      });
    const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" });
    const { routes = ["192.168.1.0/24"], localNetworks, unmanaged = false } = how;
    mesh.addMember(office("a", 1, "192.168.7.1/24"), { interface: "wan", routes: unmanaged ? [] : routes });
    mesh.addMember(office("b", 2, "192.168.1.7/24"), { interface: "wan", localNetworks });
    if (unmanaged) mesh.addPeer({ name: "router", publicKey: "QHXPa3rVbOtLZpQKy6SgUeJgdCzeMHP5Vq3UhFR0pU0=", routes });
  };

const hostWith =
  (...interfaces: readonly NetworkInterfaceProps[]): Build =>
  (stack) =>
    void new Host(stack, "node-0", { interfaces });

const CONTROL = port({ id: "control", control: true, mac: macOf(99), addresses: ["128.105.145.7/32"] });

const cloudlab =
  (...interfaces: readonly NetworkInterfaceProps[]): Build =>
  (stack) =>
    void new Host(stack, "node-0", {
      machine: { name: "node-0", testbed: CLOUDLAB, interfaces: [CONTROL, ...interfaces] },
    });

/** Two hosts on a fabric, each with a feature of its own. */
const fabricOf =
  (props: object, one: (h: Host) => void = () => {}, other: (h: Host) => void = () => {}): Build =>
  (stack) => {
    const hosts = labHosts(stack, 2);
    new JumboFabric(stack, "fabric", { members: hosts, ...props });
    one(hosts[0]!);
    other(hosts[1]!);
  };

const control = (name: string) => (h: Host) => h.sysctl("net.ipv4.tcp_congestion_control", name, WHY);

class Qdisc extends HostFeature {
  kind: "fq" | "mq-fq" | "pfifo" = "mq-fq";
  contribute(settings: HostSettings): void {
    settings.qdisc("exp0", { kind: this.kind }, WHY);
  }
}

const qdisc =
  (nic: string, kind: Qdisc["kind"], speed?: Rate): Build =>
  (stack) => {
    const h = new Host(stack, "node-0", { interfaces: [port({ nic: nicModel(nic), speed })] });
    Object.assign(new Qdisc(h, "Qdisc"), { kind });
  };

class ModuleOption extends HostFeature {
  option: readonly [module: string, parameter: string] = ["tcp_bbr", ""];
  contribute(settings: HostSettings): void {
    settings.moduleOption(...this.option, 2, WHY);
  }
}

const moduleOption = (...option: ModuleOption["option"]): Build =>
  host((h) => Object.assign(new ModuleOption(h, "Option"), { option }));

const bbrOn =
  (path: object): Build =>
  (stack) =>
    void new BbrHost(stack, "node-0", { ...labHost(0), path: path as never });

const mesh =
  (subnet: string, interfaces: readonly NetworkInterfaceProps[] = [port()], isCloudlab = false, more = {}): Build =>
  (stack) => {
    const machine = { name: "node-0", testbed: isCloudlab ? CLOUDLAB : undefined, interfaces };
    const member = new Host(stack, "node-0", { machine });
    new WireGuardMesh(stack, "mesh", { subnet, ...more }).addMember(member, { interface: "exp0" });
  };

const CASES: readonly RuleCase[] = [
  {
    id: "NL-002",
    trips: { "a port found by name": cloudlab(port({ mac: undefined, name: "enp1s0" })) },
    passes: {
      "a port found by MAC": cloudlab(port()),
      "a named port that nothing is set on": cloudlab(port({ mac: undefined, name: "enp1s0", addresses: [] })),
      "no CloudLab": hostWith(port({ mac: undefined, name: "enp1s0" })),
    },
  },
  {
    id: "NL-002-NAME",
    trips: { "a port found by name": hostWith(port({ mac: undefined, name: "enp1s0" })) },
    passes: { "a port found by MAC": hostWith(port()) },
  },
  {
    id: "NL-004",
    trips: {
      "an overlay in the control network": mesh("128.105.145.128/25", [
        { ...CONTROL, addresses: ["128.105.145.7/24"] },
        port(),
      ]),
      "the range of CloudLab's virtual nodes": mesh("172.20.0.0/16", [CONTROL, port()], true),
      "two overlays": (stack) => {
        const members = labHosts(stack, 1);
        new WireGuardMesh(stack, "a", { subnet: "10.66.0.0/16", members });
        new WireGuardMesh(stack, "b", { subnet: "10.66.9.0/24", members, port: 51821, device: "wg1" });
      },
    },
    passes: {
      "networks apart": (stack) => void labMesh(stack),
      "that range elsewhere": mesh("172.20.0.0/16"),
      "one network on many hosts": (stack) => void labHosts(stack, 4),
    },
  },
  {
    id: "NL-049",
    trips: {
      "the port of RoCE": mesh("10.66.0.0/24", [port()], false, { port: 4791 }),
      "two devices on one port": (stack) => {
        const members = labHosts(stack, 1);
        new WireGuardMesh(stack, "a", { subnet: "10.66.0.0/24", members });
        new WireGuardMesh(stack, "b", { subnet: "10.67.0.0/24", members, device: "wg1" });
      },
    },
    passes: { "a port that nobody claims": mesh("10.66.0.0/24", [port()], false, { port: 51999 }) },
  },
  {
    id: "NL-063",
    trips: {
      "a deploy over the experiment port": (stack) =>
        void new Host(stack, "node-0", labHost(0, { target: Target.ssh({ host: "10.10.1.1" }) })),
      "the same in IPv6, spelled differently": (stack) =>
        void new Host(stack, "node-0", {
          interfaces: [port({ addresses: ["fd00::1/64"] })],
          target: Target.ssh({ host: "FD00:0::1" }),
        }),
    },
    passes: {
      "a deploy over another address": (stack) =>
        void new Host(stack, "node-0", labHost(0, { target: Target.ssh({ host: "198.51.100.1" }) })),
      "a deploy by name": (stack) =>
        void new Host(stack, "node-0", labHost(0, { target: Target.ssh({ host: "node-0" }) })),
    },
  },
  {
    id: "NL-064",
    trips: {
      "one address on two hosts": (stack) => {
        for (const i of [0, 1]) new Host(stack, `node-${i}`, { interfaces: [port({ mac: macOf(i) })] });
      },
      "one MAC address on two hosts": (stack) => {
        for (const i of [0, 1])
          new Host(stack, `node-${i}`, { interfaces: [port({ addresses: [`10.10.${i}.1/24`] })] });
      },
    },
    passes: { "an address each": (stack) => void labHosts(stack, 3) },
  },
  {
    id: "NL-065",
    trips: { "a gateway elsewhere": host((h) => h.route("exp0", { to: "10.20.0.0/16", via: "10.9.0.1" }, WHY)) },
    passes: {
      "a gateway on the port's network": host((h) => h.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.9" }, WHY)),
      "a link-local gateway": host((h) => h.route("exp0", { to: "fd00:20::/64", via: "fe80::1" }, WHY)),
      "a port whose addresses are not ours": (stack) =>
        new Host(stack, "node-0", { interfaces: [port({ addresses: [] })] }).route(
          "exp0",
          { to: "10.20.0.0/16", via: "10.9.0.1" },
          WHY,
        ),
    },
  },
  {
    id: "NL-066",
    trips: {
      "two ports on one LAN": hostWith(
        port({ lan: "lan0" }),
        port({ id: "exp1", mac: macOf(1), lan: "lan0", addresses: [] }),
      ),
      "two ports in one network": hostWith(port(), port({ id: "exp1", mac: macOf(1), addresses: ["10.10.1.2/24"] })),
    },
    passes: {
      "two ports, two networks": hostWith(port(), port({ id: "exp1", mac: macOf(1), addresses: ["10.10.2.1/24"] })),
      "two addresses on one port": hostWith(port({ addresses: ["10.10.1.1/24", "10.10.1.2/24"] })),
    },
  },
  {
    id: "NL-068",
    trips: {
      "two offices with one network": offices({}),
      "an office in a network behind a narrower one": offices({ routes: ["192.168.1.128/25"] }),
      "a network behind a peer that nobody manages": offices({ unmanaged: true }),
    },
    passes: {
      "one office, and a host on its network that says so": offices({ localNetworks: ["192.168.1.0/24"] }),
      "an office within the larger network of another": offices({ routes: ["192.168.0.0/16"] }),
      "two offices with a network each": offices({ routes: ["192.168.2.0/24"] }),
    },
  },
  {
    id: "NL-009",
    trips: {
      "a WireGuard key in a file": host((h) => h.file("/etc/x", { content: `PrivateKey=${"A".repeat(42)}A=` }, WHY)),
      "a PEM key in a unit": host((h) =>
        h.unit("x.service", { service: { Environment: "K=-----BEGIN RSA PRIVATE KEY-----" } }, WHY),
      ),
      "a key in a NixOS option": host((h) =>
        h.nixos("networking.wireguard.interfaces.wg0.privateKey", "anything", WHY),
      ),
      "a pre-shared key within an option": host((h) =>
        h.nixos("networking.x", { peers: [{ presharedKey: `${"B".repeat(43)}=` }] }, WHY),
      ),
    },
    passes: {
      "the name of a key file": host((h) =>
        h.nixos("networking.wireguard.interfaces.wg0.privateKeyFile", "/run/keys/wg0", WHY),
      ),
      "a public key": host((h) => h.file("/etc/x", { content: `PublicKey = ${"A".repeat(42)}A=\n` }, WHY)),
      "words about keys": host((h) => h.file("/etc/x", { content: "# PrivateKey = see the vault\n" }, WHY)),
    },
  },
  {
    id: "NL-011",
    trips: {
      "more than the card carries": (stack) =>
        new Host(stack, "node-0", { interfaces: [port({ nic: nicModel("x520") })] }).link("exp0", { mtu: 16000 }, WHY),
      "more than CloudLab's switches carry": (stack) =>
        new Host(stack, "node-0", {
          machine: { name: "node-0", testbed: CLOUDLAB, interfaces: [CONTROL, port()] },
        }).link("exp0", { mtu: 9216 }, WHY),
      "a LAN without jumbo frames": fabricOf({ lan: { name: "l", jumbo: false }, members: [] }, (h) => {
        new JumboFabric(h, "f", { switchesCarryJumbo: false, members: [h] });
      }),
      "nobody asked CloudLab": (stack) => {
        const h = new Host(stack, "node-0", {
          machine: { name: "node-0", testbed: CLOUDLAB, interfaces: [CONTROL, port()] },
        });
        new JumboFabric(stack, "fabric", { members: [h] });
      },
    },
    passes: {
      "9000 on a switch that carries it": fabricOf({ switchesCarryJumbo: true }),
      "1500 wherever": fabricOf({ switchesCarryJumbo: false, mtu: 1500 }),
    },
  },
  {
    id: "NL-011-UNKNOWN",
    trips: {
      "nobody said": fabricOf({}),
      "a port by itself, which nobody probes": host((h) => h.link("exp0", { mtu: 9000 }, WHY)),
    },
    passes: {
      "somebody said": fabricOf({ switchesCarryJumbo: true }),
      "no jumbo frames": fabricOf({ mtu: 1500 }),
      "a port of a fabric that is also set by hand": fabricOf({ switchesCarryJumbo: true }, (h) =>
        h.link("exp0", { mtu: 9000 }, WHY),
      ),
    },
  },
  {
    id: "NL-012",
    trips: {
      "two MTUs in one network": fabricOf({ members: [] }, (h) => h.link("exp0", { mtu: 9000 }, WHY)),
      "two MTUs on one LAN": (stack) => {
        for (const i of [0, 1]) {
          const h = new Host(stack, `node-${i}`, { interfaces: [port({ mac: macOf(i), lan: "l", addresses: [] })] });
          h.link("exp0", { mtu: 9000 - i }, WHY);
        }
      },
    },
    passes: { "one MTU": fabricOf({ switchesCarryJumbo: true }), "no MTU set anywhere": fabricOf({ members: [] }) },
  },
  {
    id: "NL-013",
    trips: {
      "IPv6 below 1280": (stack) =>
        new Host(stack, "node-0", { interfaces: [port({ addresses: ["fd00::1/64"] })] }).link(
          "exp0",
          { mtu: 1279 },
          WHY,
        ),
      "IPv4 below 576": host((h) => h.link("exp0", { mtu: 575 }, WHY)),
    },
    passes: {
      "IPv6 at 1280": (stack) =>
        new Host(stack, "node-0", { interfaces: [port({ addresses: ["fd00::1/64"] })] }).link(
          "exp0",
          { mtu: 1280 },
          WHY,
        ),
      "IPv4 at 576": host((h) => h.link("exp0", { mtu: 576 }, WHY)),
    },
  },
  {
    id: "NL-014",
    trips: {
      "jumbo frames by hand": host((h) => h.link("exp0", { mtu: 9000 }, WHY)),
      "probing switched off": fabricOf({ switchesCarryJumbo: true }, (h) =>
        h.sysctl("net.ipv4.tcp_mtu_probing", 0, FORCE),
      ),
    },
    passes: {
      "a fabric, which probes": fabricOf({ switchesCarryJumbo: true }),
      "no jumbo frames": fabricOf({ mtu: 1500 }),
    },
  },
  {
    id: "NL-014-ROUTE",
    trips: {
      "a way out of a jumbo segment": fabricOf({ switchesCarryJumbo: true }, (h) =>
        h.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.254" }, WHY),
      ),
    },
    passes: {
      "one that says what is behind it": fabricOf({ switchesCarryJumbo: true }, (h) =>
        h.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.254", mtu: 9000 }, WHY),
      ),
      "one of the fabric": fabricOf({
        switchesCarryJumbo: true,
        offSegment: [{ to: "10.20.0.0/16", via: "10.10.1.254" }],
      }),
      "one that stays on the segment": fabricOf({ switchesCarryJumbo: true }, (h) =>
        h.route("exp0", { to: "10.10.2.0/24" }, WHY),
      ),
      "one without jumbo frames": fabricOf({ mtu: 1500 }, (h) =>
        h.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.254" }, WHY),
      ),
    },
  },
  {
    id: "NL-025",
    trips: { "fq as root on 25 Gbit/s": qdisc("connectx-4-lx", "fq", Rate.gbps(25)) },
    passes: { "fq on every queue": qdisc("connectx-4-lx", "mq-fq", Rate.gbps(25)) },
  },
  {
    id: "NL-025-SLOW",
    trips: { "fq as root on 10 Gbit/s": qdisc("x520", "fq", Rate.gbps(10)) },
    passes: { "fq on every queue": qdisc("x520", "mq-fq", Rate.gbps(10)) },
  },
  {
    id: "NL-026",
    trips: {
      "BBR by hand": host(control("bbr")),
      "BBR with another qdisc": host((h) => {
        control("bbr")(h);
        h.sysctl("net.core.default_qdisc", "fq_codel", WHY);
      }),
    },
    passes: { "the feature": bbrOn(WAN), CUBIC: host(control("cubic")) },
  },
  {
    id: "NL-027",
    trips: {
      "switches that do not mark": fabricOf({ mtu: 1500 }, control("dctcp"), control("dctcp")),
      "no fabric": host(control("dctcp")),
    },
    passes: {
      "switches that mark": fabricOf({ mtu: 1500, switchesMarkEcn: true }, control("dctcp"), control("dctcp")),
    },
  },
  {
    id: "NL-028",
    trips: { "BBR beside DCTCP": fabricOf({ mtu: 1500, switchesMarkEcn: true }, control("bbr"), control("dctcp")) },
    passes: { "DCTCP alone": fabricOf({ mtu: 1500, switchesMarkEcn: true }, control("dctcp"), control("dctcp")) },
  },
  {
    id: "NL-028-CUBIC",
    trips: { "BBR beside CUBIC": fabricOf({ mtu: 1500 }, control("bbr"), control("cubic")) },
    passes: { "BBR alone": fabricOf({ mtu: 1500 }, control("bbr"), control("bbr")) },
  },
  {
    id: "NL-029",
    trips: {
      "a clean LAN": bbrOn({ rate: Rate.gbps(10), rtt: Duration.micros(200) }),
      "a path just below 1 ms": bbrOn({ rate: Rate.gbps(10), rtt: Duration.micros(999) }),
    },
    passes: {
      "a WAN": bbrOn(WAN),
      "a path of 1 ms": bbrOn({ rate: Rate.gbps(10), rtt: Duration.millis(1) }),
      "a lossy LAN": bbrOn({ rate: Rate.gbps(10), rtt: Duration.micros(200), lossy: true }),
      "a path that is not known": (stack) => void new Bbr(labHosts(stack, 1)[0]!, "Bbr"),
    },
  },
  {
    id: "NL-030",
    trips: { "a parameter of tcp_bbr": moduleOption("tcp_bbr", "probe_rtt") },
    passes: { "a parameter of a driver": moduleOption("mlx4_core", "roce_mode") },
  },
  {
    id: "NL-034",
    trips: { tcp_tw_recycle: sysctl("net.ipv4.tcp_tw_recycle", 1) },
    passes: { tcp_tw_reuse: sysctl("net.ipv4.tcp_tw_reuse", 1) },
  },
  {
    id: "NL-034-NOOP",
    trips: {
      "a key without effect": sysctl("net.ipv4.tcp_low_latency", 1),
      "the kernel's own default": sysctl("net.ipv4.tcp_sack", 1),
    },
    passes: {
      "the default, held on purpose": sysctl("net.ipv4.tcp_sack", 1, FORCE),
      "another value": sysctl("net.ipv4.tcp_ecn", 1),
    },
  },
  {
    id: "NL-035",
    trips: {
      "a number out of range": sysctl("net.ipv4.tcp_mtu_probing", 3),
      "a word": sysctl("net.ipv4.tcp_frto", "on"),
      "a congestion control that no kernel has": sysctl("net.ipv4.tcp_congestion_control", "bbr2"),
      "a hash policy of IPv6": sysctl("net.ipv6.fib_multipath_hash_policy", 4),
      "a qdisc that is none": sysctl("net.core.default_qdisc", "fast"),
      "two numbers of three": sysctl("net.ipv4.tcp_rmem", [4096, 131072]),
      "numbers that fall": sysctl("net.ipv4.tcp_rmem", [4096, 131072, 65536]),
    },
    passes: {
      "a number in range": sysctl("net.ipv4.tcp_mtu_probing", 2),
      "a qdisc": sysctl("net.core.default_qdisc", "cake"),
      "three numbers": sysctl("net.ipv4.tcp_rmem", [4096, 131072, 67108864]),
      "a key that nobody knows": sysctl("fs.aio-max-nr", 1048576),
    },
  },
  {
    id: "NL-038",
    trips: {
      timestamps: sysctl("net.ipv4.tcp_timestamps", 0),
      SACK: sysctl("net.ipv4.tcp_sack", 0),
      windows: sysctl("net.ipv4.tcp_window_scaling", 0),
    },
    passes: { "an experiment about it": sysctl("net.ipv4.tcp_sack", 0, FORCE) },
  },
  {
    id: "NL-060",
    trips: {
      "no cookie": sysctl("net.ipv4.tcp_fastopen", 0x203),
      "no cookie for clients": sysctl("net.ipv4.tcp_fastopen", 5),
    },
    passes: {
      "with cookies": sysctl("net.ipv4.tcp_fastopen", 3),
      "on purpose": sysctl("net.ipv4.tcp_fastopen", 0x203, FORCE),
    },
  },
  {
    id: "NL-031",
    trips: {
      "a guide from 2010": sysctl("net.ipv4.tcp_rmem", [4096, 87380, 4194304]),
      "a first window of before 4.20": sysctl("net.ipv4.tcp_rmem", [4096, 87380, 536870912]),
      "what was the default before 6.18": sysctl("net.ipv4.tcp_rmem", [4096, 131072, 6291456], WHY, { kernel: "6.18" }),
    },
    passes: { "more than the default": sysctl("net.ipv4.tcp_rmem", [4096, 131072, 67108864]) },
  },
  {
    id: "NL-031-BDP",
    trips: {
      "a gigabyte for 25 MB in flight": (stack) =>
        new BbrHost(stack, "node-0", { ...labHost(0), path: WAN }).sysctl(
          "net.ipv4.tcp_rmem",
          [4096, 131072, 2 ** 30],
          FORCE,
        ),
    },
    passes: {
      "what is derived": bbrOn(WAN),
      "no path, no claim": sysctl("net.ipv4.tcp_rmem", [4096, 131072, 2 ** 30]),
    },
  },
  {
    id: "NL-032",
    trips: {
      bytes: sysctl("net.ipv4.tcp_mem", [67108864, 134217728, 268435456], WHY, { machineType: MachineType.of("m510") }),
    },
    passes: {
      pages: sysctl("net.ipv4.tcp_mem", [786432, 1048576, 1572864], WHY, { machineType: MachineType.of("m510") }),
      "a machine that is not known": sysctl("net.ipv4.tcp_mem", [67108864, 134217728, 268435456]),
    },
  },
  {
    id: "NL-059",
    trips: { "entries only": sysctl("net.netfilter.nf_conntrack_max", 1048576) },
    passes: {
      both: host((h) => {
        h.sysctl("net.netfilter.nf_conntrack_max", 1048576, WHY);
        h.sysctl("net.netfilter.nf_conntrack_buckets", 1048576, WHY);
      }),
    },
  },
  {
    id: "NL-044",
    trips: {
      "a host with two networks": (stack) =>
        new Host(stack, "node-0", { interfaces: [CONTROL, port()] }).sysctl("net.ipv4.conf.all.rp_filter", 1, WHY),
    },
    passes: {
      "loose filtering": (stack) =>
        new Host(stack, "node-0", { interfaces: [CONTROL, port()] }).sysctl("net.ipv4.conf.all.rp_filter", 2, WHY),
      "a host with one network": sysctl("net.ipv4.conf.all.rp_filter", 1),
    },
  },
];

describe.each(CASES)("$id", ({ id, trips, passes }) => {
  it.each(Object.entries(trips))("is broken by %s", (_name, build) => {
    const result = synthToFiles(build);
    expectStack(result).toHaveFinding(id);
    const rule = ALL_RULES.find((r) => r.id === id)!;
    for (const finding of result.findings.filter((f) => f.code === id)) {
      expect(finding.severity).toBe(rule.severity);
      expect(finding.path).toMatch(/^test(\/|$)/);
      expect(finding.remedy ?? finding.allowed, "says what to do").toBeTruthy();
    }
  });

  it.each(Object.entries(passes))("is kept by %s", (_name, build) => {
    const result = synthToFiles(build);
    expectStack(result).not.toHaveFinding(id);
    expect(result.findings.filter((finding) => finding.severity === "error")).toEqual([]);
  });
});

describe("the rules", () => {
  it("of these files have a case each", () => {
    const own = [
      ...NETWORK_RULES,
      ...MEMBER_NETWORK_RULES,
      ...SECRET_RULES,
      ...FABRIC_RULES,
      ...TRANSPORT_RULES,
      ...SYSCTL_RULES,
    ];
    expect(CASES.map((c) => c.id).sort()).toEqual(own.map((rule) => rule.id).sort());
  });

  it("have ids of their own, a title and a reason", () => {
    expect(new Set(ALL_RULES.map((rule) => rule.id)).size).toBe(ALL_RULES.length);
    for (const rule of ALL_RULES) {
      expect(rule.id).toMatch(/^NL-\d{3}(-[A-Z]+)*$/);
      expect(rule.title.length, rule.id).toBeGreaterThan(10);
      expect(rule.why.length, rule.id).toBeGreaterThan(20);
    }
  });

  it("find nothing in a good stack", () => {
    expect(synthToFiles((stack) => void labMesh(stack)).findings).toEqual([]);
  });

  it("name who asked for too large a buffer, not who derived a smaller one", () => {
    const result = synthToFiles((stack) => {
      const host = new BbrHost(stack, "node-0", { ...labHost(0), path: WAN });
      host.sysctl("net.ipv4.tcp_rmem", [4096, 87380, 2 ** 30], WHY);
    });
    const paths = result.findings.filter(({ code }) => code === "NL-031-BDP").map(({ path }) => path);
    expect(paths).toEqual(["test/node-0/Direct"]);
  });
});
