import type { Construct } from "constructs";
import { at, fail } from "../../errors";
import type { IHost } from "../../host";
import { isInterfaceName } from "../../host";
import { Cidr } from "../../net";
import { StackFeature, type StackFiles } from "../../synth";
import { innerMtu, wireguardMtu } from "../../tuning";
import { Mtu } from "../../units";
import { choosePort, type JumboFabric } from "../fabric";
import { neighbours } from "../fabric/neighbours";
import { endpointOf, assertPublicKey } from "./endpoint";
import { layOut, type MeshLayout } from "./layout";
import type { Member, MemberOptions, UnmanagedPeer } from "./member";
import { type DeviceFacts, MeshDevice } from "./mesh-device";
import { peerTables, tableFile, viewOf } from "./tables";
import { Topology, type TopologySpec, WireGuardKeys, type WireGuardKeysSpec } from "./topology";

/** A mesh of WireGuard tunnels. */
export interface WireGuardMeshProps {
  /** Network inside the tunnels, IPv4 or IPv6. Members get addresses of it that never change. */
  readonly subnet: string;
  /** Second network inside the tunnels, when `subnet` is IPv4 and the mesh shall carry IPv6 too. @default - one family */
  readonly subnet6?: string;
  /** Hosts to add at once. @default - none */
  readonly members?: readonly IHost[];
  /** Fabric that carries the tunnels; gives ports and MTU. @default - each host's only experiment port, and an MTU of 1500 */
  readonly over?: JumboFabric;
  /** Who talks to whom. @default Topology.fullMesh() */
  readonly topology?: TopologySpec;
  /** UDP port, the same on all members. @default 51820 */
  readonly port?: number;
  /** Device name, the same on all members. @default "wg0" */
  readonly device?: string;
  /** MTU inside the tunnels. @default - the underlay's minus 80, which holds for IPv4 and IPv6 endpoints: 8920 on a jumbo fabric */
  readonly mtu?: number;
  /** Where private keys come from. @default WireGuardKeys.onHost() */
  readonly keys?: WireGuardKeysSpec;
  /**
   * File on the deploying machine (mode 0600, made when absent) from which one pre-shared key per pair is derived and
   * pushed to the hosts. Weaker than independent keys if the file leaks. @default - no pre-shared keys
   */
  readonly presharedKeySecret?: string;
}

const DEFAULT_UNDERLAY = 1500;

/**
 * A mesh of WireGuard tunnels with stable addresses, keys that stay on their hosts, and peer tables whose size grows
 * with the number of members, not with that of pairs.
 */
export class WireGuardMesh extends StackFeature {
  /** MTU inside the tunnels. */
  readonly mtu: Mtu;
  /** UDP port. */
  readonly port: number;
  /** Device name. */
  readonly device: string;
  private readonly props: WireGuardMeshProps;
  private readonly underlay: Mtu;
  private readonly subnets: readonly Cidr[];
  private readonly topology: TopologySpec;
  private readonly members = new Map<string, Member>();
  private readonly hosts = new Set<IHost>();
  private layout: MeshLayout | undefined;
  private epochs: ReadonlyMap<string, number> = new Map();
  private probeOrder: readonly Member[] = [];
  private places: ReadonlyMap<string, number> = new Map();

  /** Throws when subnet, port, device or MTU cannot be. */
  constructor(scope: Construct, id: string, props: WireGuardMeshProps) {
    super(scope, id);
    const path = this.node.path;
    this.props = props;
    this.topology = props.topology ?? Topology.fullMesh();
    this.subnets = at(path, () =>
      [props.subnet, ...(props.subnet6 === undefined ? [] : [props.subnet6])].map((s) => Cidr.parse(s)),
    );
    if (this.subnets.length === 2 && (this.subnets[0]!.family !== 4 || this.subnets[1]!.family !== 6)) {
      fail({
        code: "NL-MESH-SUBNET",
        path,
        what: "with two subnets the first is IPv4 and the second IPv6",
        value: this.subnets.map(String),
        remedy: `subnet: "10.66.0.0/24", subnet6: "fd00:66::/64"`,
      });
    }
    this.port = props.port ?? 51820;
    if (!Number.isInteger(this.port) || this.port < 1 || this.port > 65535) {
      fail({
        code: "NL-MESH-PORT",
        path,
        what: "not a UDP port",
        value: props.port,
        allowed: "1 to 65535",
        remedy: "port: 51820",
      });
    }
    this.device = props.device ?? "wg0";
    if (!isInterfaceName(this.device)) {
      fail({
        code: "NL-INTERFACE-NAME",
        path,
        what: "not a device name",
        value: this.device,
        allowed: "1 to 15 of A-Z a-z 0-9 _ . -",
        remedy: `device: "wg0"`,
      });
    }
    this.underlay = props.over?.mtu ?? Mtu.of(DEFAULT_UNDERLAY);
    this.mtu = at(path, () =>
      props.mtu === undefined ? wireguardMtu(this.underlay, "mixed").value : Mtu.of(props.mtu),
    );
    for (const host of props.members ?? []) this.addMember(host);
  }

  /** Adds a host. May be called at any time before synthesis; other members keep their addresses and tunnels. */
  addMember(host: IHost, options: MemberOptions = {}): void {
    const path = this.node.path;
    const name = options.name ?? host.hostName;
    if (this.hosts.has(host)) {
      fail({
        code: "NL-MESH-MEMBER",
        path,
        others: [host.node.path],
        what: `host ${host.hostName} is a member already`,
        value: name,
        allowed: "each host once per mesh",
      });
    }
    const port =
      (options.interface === undefined ? this.props.over?.portOf(host) : undefined) ??
      choosePort(host, { path, interface: options.interface });
    const endpoint = at(path, () => endpointOf(host, port, this.port, options));
    this.hosts.add(host);
    this.add({
      name,
      origin: host.node.path,
      host,
      port,
      fixedAddress: options.address,
      endpoint: options.behindNat && options.endpoint === undefined ? undefined : endpoint.text,
      endpointAddress: endpoint.address,
      behindNat: options.behindNat ?? false,
      hub: this.topology.kind === "hub-and-spoke" && this.topology.hubs.includes(host),
      routes: this.routes(options.routes),
    });
    new MeshDevice(host, `Mesh-${path.replaceAll("/", "-")}`, () => this.factsOf(name));
  }

  /** Adds a member that is managed elsewhere: only its public key is known. */
  addPeer(peer: UnmanagedPeer): void {
    at(this.node.path, () => assertPublicKey(peer.publicKey));
    this.add({
      name: peer.name,
      origin: this.node.path,
      publicKey: peer.publicKey,
      fixedAddress: peer.address,
      endpoint: peer.endpoint,
      behindNat: peer.endpoint === undefined,
      hub: false,
      routes: this.routes(peer.routes),
    });
  }

  /** Lays the mesh out and writes its peer tables. */
  override contributeFiles(files: StackFiles): void {
    const path = this.node.path;
    this.layout = undefined;
    this.checkHubs();
    this.checkMtu();
    const members = [...this.members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (members.length === 0) return;
    const layout = layOut({
      mesh: path,
      subnet: this.subnets[0]!,
      subnet6: this.subnets[1],
      members,
      lock: files.lock,
    });
    const locked = files.lock.mesh(path).members;
    this.epochs = new Map(members.map((m) => [m.name, locked[m.name]?.key?.epoch ?? 1]));
    this.probeOrder = members.filter((m) => m.host !== undefined);
    this.places = new Map(this.probeOrder.map((m, i) => [m.name, i]));
    const tables = peerTables({ mesh: path, subnets: this.subnets, members, layout }, this.isHubAndSpoke);
    for (const [file, content] of tables) files.add(path, `wireguard/${file}`, content);
    if (this.props.presharedKeySecret !== undefined) files.presharedKeys(path, this.props.presharedKeySecret);
    this.layout = layout;
  }

  private get isHubAndSpoke(): boolean {
    return this.topology.kind === "hub-and-spoke";
  }

  private add(member: Member): void {
    const path = this.node.path;
    const twin = this.members.get(member.name);
    if (twin !== undefined || !/^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$/.test(member.name)) {
      fail({
        code: "NL-MESH-MEMBER",
        path,
        others: twin === undefined ? [] : [twin.origin, member.origin],
        what:
          twin === undefined
            ? "not a name for a member"
            : "two members have the same name, and with it the same address and key",
        value: member.name,
        allowed: "unique names of A-Z a-z 0-9 . _ -, at most 63",
        remedy: `mesh.addMember(host, { name: "…" })`,
      });
    }
    this.members.set(member.name, member);
  }

  private routes(routes: readonly string[] | undefined): readonly Cidr[] {
    return at(this.node.path, () =>
      (routes ?? []).map((text) => {
        const cidr = Cidr.parse(text);
        if (cidr.prefixLength === 0) {
          fail({
            code: "NL-005",
            what: "a default route through a tunnel moves the management connection into it, and with it goes the machine",
            value: text,
            allowed: "networks that do not hold the control network",
            remedy: "name the networks that are meant",
          });
        }
        return cidr;
      }),
    );
  }

  private checkHubs(): void {
    if (this.topology.kind !== "hub-and-spoke") return;
    const missing = this.topology.hubs.filter((hub) => !this.hosts.has(hub));
    if (this.topology.hubs.length > 0 && missing.length === 0) return;
    fail({
      code: "NL-MESH-HUB",
      path: this.node.path,
      what: missing.length > 0 ? "a hub is not a member of its mesh" : "hub-and-spoke without a hub connects nobody",
      value: missing.map((hub) => hub.hostName),
      allowed: "at least one member",
      remedy: "Topology.hubAndSpoke(hub) with a hub that is also among the members",
    });
  }

  private checkMtu(): void {
    const onlyIpv4 = [...this.members.values()].every(
      (m) => m.endpointAddress === undefined || m.endpointAddress.family === 4,
    );
    const largest = innerMtu(this.underlay, "wireguard", onlyIpv4 ? 4 : 6);
    if (this.mtu.value <= largest.value.value) return;
    fail({
      code: "NL-010",
      path: this.node.path,
      what: "full-sized packets of the tunnel would not fit into the underlay",
      value: this.mtu.value,
      allowed: `at most ${largest.value} (${largest.because})`,
      remedy: `leave "mtu" out`,
    });
  }

  private factsOf(name: string): DeviceFacts | undefined {
    const member = this.members.get(name)!;
    const addresses = this.layout?.addresses.get(name);
    if (this.layout === undefined || addresses === undefined) return undefined;
    const keys = this.props.keys ?? WireGuardKeys.onHost();
    return {
      member,
      mesh: this.node.path,
      table: tableFile(this.node.path, viewOf(member, this.isHubAndSpoke)),
      device: this.device,
      port: this.port,
      mtu: this.mtu,
      mtuBecause: this.props.mtu === undefined ? wireguardMtu(this.underlay, "mixed").because : "was given",
      addresses: addresses.map((address, i) => `${address}/${this.subnets[i]!.prefixLength}`),
      subnets: this.subnets.map(String),
      keyEpoch: this.epochs.get(name) ?? 1,
      keyDirectory: keys.kind === "directory" ? keys.path : undefined,
      forwards: member.hub || member.routes.length > 0,
      probes: this.probesOf(member),
      family: this.subnets[0]!.family,
    };
  }

  /** Whom a member probes: hubs from spokes, else the neighbours that share no NAT with it. */
  private probesOf(member: Member): DeviceFacts["probes"] {
    const others =
      this.isHubAndSpoke && !member.hub
        ? this.probeOrder.filter((other) => other.hub)
        : neighbours(this.places.get(member.name)!, this.probeOrder.length).map((i) => this.probeOrder[i]!);
    return others
      .filter((other) => !(other.behindNat && member.behindNat))
      .map((other) => [other.name, this.layout!.addresses.get(other.name)![0]!.toString()] as const);
  }
}
