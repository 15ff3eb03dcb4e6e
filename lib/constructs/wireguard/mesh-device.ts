import { Check, HostFeature, type HostSettings, type IHost, type Planned } from "../../host";
import type { Cidr } from "../../net";
import type { Mtu } from "../../units";
import type { Member } from "./member";
import { MSS_CLAMP_SOURCE, mssClampBody, mssClampTable } from "./mss-clamp";

/** Everything that one member's host has to know, as far as the mesh has decided it. */
export interface DeviceFacts {
  readonly member: Member;
  readonly mesh: string;
  readonly table: string;
  readonly device: string;
  readonly port: number;
  readonly mtu: Mtu;
  readonly mtuBecause: string;
  /** With the prefix length of the mesh. */
  readonly addresses: readonly string[];
  readonly subnets: readonly Cidr[];
  readonly keyEpoch: number;
  readonly keyDirectory?: string;
  /** Families of the networks whose packets it passes on. */
  readonly forwards: readonly (4 | 6)[];
  /** Whether connections pass it whose ends do not know the tunnel's MTU. */
  readonly clamps: boolean;
  /** Networks that packets of the tunnels may be passed on to, back into the tunnels (`undefined`) among them. */
  readonly forwardsTo: readonly (Cidr | undefined)[];
  /** Networks behind members that nobody manages; the first member states them for the rules. */
  readonly unmanagedRoutes: readonly Cidr[];
  readonly adopt: boolean;
  /** Whom it probes: what answers, at which address. */
  readonly probes: readonly (readonly [name: string, address: string])[];
  /** How many members it has no tunnel to, because both are behind NAT and nobody carries their traffic. */
  readonly unreachable: number;
}

/** What a device has to know of the plan of its mesh. */
interface Devices {
  readonly devices: ReadonlyMap<string, DeviceFacts>;
}

/** After this time without a new handshake a session is dead: 180 s, and 5 s to answer. WireGuard paper, section 6.2. */
const REJECT_AFTER_SECONDS = 185;

/** IP and ICMP headers in front of the payload of an echo request: 20 + 8 bytes, 40 + 8 in IPv6. */
const PING_HEADERS = 28;
const PING6_HEADERS = 48;

/** The WireGuard device of one member. */
export class MeshDevice extends HostFeature {
  private readonly mesh: Planned<Devices>;
  private readonly member: string;

  constructor(host: IHost, id: string, mesh: Planned<Devices>, member: string) {
    super(host, id);
    this.mesh = mesh;
    this.member = member;
  }

  contribute(settings: HostSettings): void {
    const facts = settings.planOf(this.mesh)?.devices.get(this.member);
    if (facts === undefined) return; // what is wrong with the mesh has been reported
    const { device, port, mtu, mesh } = facts;
    const member = { because: `member ${facts.member.name} of ${mesh}` };
    settings.package(
      { debian: "wireguard-tools", nix: "wireguard-tools" },
      { because: "wg(8) loads peers without dropping tunnels" },
    );
    settings.wireguard(
      {
        device,
        port,
        mtu: mtu.value,
        mesh,
        member: facts.member.name,
        table: facts.table,
        addresses: facts.addresses,
        keyEpoch: facts.keyEpoch,
        keyDirectory: facts.keyDirectory,
        localNetworks: facts.member.localNetworks.length === 0 ? undefined : facts.member.localNetworks.map(String),
        adopt: facts.adopt || undefined,
      },
      { because: `${member.because}; MTU ${facts.mtuBecause}` },
    );
    settings.openPort(
      { protocol: "udp", port, interface: facts.member.port?.id },
      { because: `tunnels of ${mesh} come in here` },
    );
    for (const cidr of facts.subnets) settings.network({ cidr, kind: "overlay", name: mesh }, member);
    for (const cidr of [...facts.member.routes, ...facts.unmanagedRoutes]) {
      settings.network({ cidr, kind: "routed", name: mesh }, member);
    }
    this.forwarding(settings, facts);
    if (facts.clamps) this.clamp(settings, facts);
    if (facts.unreachable > 0) {
      settings.note(
        `Behind NAT neither side can call the other, so there is no tunnel between ${facts.member.name} and ${facts.unreachable} other member${facts.unreachable === 1 ? "" : "s"} of ${mesh}: Topology.hubAndSpoke(…) has a hub carry their traffic.`,
        member,
      );
    }
    if (facts.probes.length === 0) return;
    settings.check(Check.wireguardHandshake(device, REJECT_AFTER_SECONDS), {
      because: "a session without a handshake for 180 s is dead",
      source: "WireGuard paper, section 6.2",
    });
    for (const [name, address] of facts.probes) {
      settings.check(Check.ping(address, mtu.value - (address.includes(":") ? PING6_HEADERS : PING_HEADERS)), {
        because: `packets of ${mtu} bytes reach ${name} through the tunnel`,
      });
    }
  }

  private forwarding(settings: HostSettings, facts: DeviceFacts): void {
    const reason = {
      because: `${facts.member.name} passes packets of ${facts.mesh} on`,
      source: "Linux Documentation/networking/ip-sysctl.rst",
    };
    for (const family of new Set(facts.forwards)) {
      const key = family === 4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
      settings.sysctl(key, 1, reason);
    }
    for (const network of facts.forwardsTo) {
      settings.forward({ device: facts.device, network: network?.toString() }, reason);
    }
    if (facts.forwardsTo.length > 0) settings.check(Check.forward(facts.device, facts.forwards), reason);
  }

  private clamp(settings: HostSettings, { device, member, mesh, mtu }: DeviceFacts): void {
    settings.package({ debian: "nftables" }, { because: "nft(8) loads tables" });
    settings.nftables("inet", mssClampTable(device), mssClampBody(device), {
      because: `ends of connections that ${member.name} passes on do not know that ${mesh} carries ${mtu} bytes, and where ICMP is dropped they never learn`,
      source: MSS_CLAMP_SOURCE,
    });
  }
}
