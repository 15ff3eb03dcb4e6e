import type { Construct } from "constructs";
import { TABLES } from "../../contract";
import { at, fail } from "../../errors";
import { featureId, type IHost } from "../../host";
import { Cidr } from "../../net";
import { Deployment, StackFeature, type StackFiles } from "../../synth";
import { innerMtu, wireguardMtu } from "../../tuning";
import type { Mtu } from "../../units";
import { choosePort } from "../fabric";
import { neighbours } from "../fabric/neighbours";
import { assertPublicKey, endpointOf, parseEndpoint } from "./endpoint";
import { layOut, type MeshLayout } from "./layout";
import type { Member, MemberOptions, UnmanagedPeer } from "./member";
import { type DeviceFacts, MeshDevice } from "./mesh-device";
import type { WireGuardMeshProps } from "./props";
import { type PeerTable, peerTables, type View, viewOf } from "./tables";
import { tunnelFacts } from "./tunnel-facts";
import { Topology, type TopologySpec, WireGuardKeys } from "./topology";

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
  private tables: ReadonlyMap<View, PeerTable> = new Map();
  private probeOrder: readonly Member[] = [];
  private places: ReadonlyMap<string, number> = new Map();
  private behindNat = 0;

  /** Throws with everything about subnets, port, device, MTU and key files that cannot be. */
  constructor(scope: Construct, id: string, props: WireGuardMeshProps) {
    super(scope, id);
    const path = this.node.path;
    this.props = props;
    this.topology = props.topology ?? Topology.fullMesh();
    const facts = tunnelFacts(path, props);
    this.subnets = facts.subnets;
    this.port = facts.port;
    this.device = facts.device;
    this.underlay = facts.underlay;
    this.mtu = facts.mtu;
    for (const host of props.members ?? []) this.addMember(host);
  }

  /** Adds a host. May be called at any time before synthesis; other members keep their addresses and tunnels. */
  addMember(host: IHost, options: MemberOptions = {}): void {
    const path = this.node.path;
    const name = options.name ?? host.hostName;
    if (Deployment.of(host) !== Deployment.of(this)) {
      fail({
        code: "NL-MESH-STACK",
        path,
        others: [host.node.path],
        what: `host ${host.hostName} is in another stack than the mesh, and a deploy of either would not see the other's keys`,
        value: host.hostName,
        allowed: "hosts of the same stack",
        remedy: "put the mesh into the stack of its hosts; name the others with mesh.addPeer",
      });
    }
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
      endpoint: endpoint?.text,
      endpointAddress: endpoint?.address,
      behindNat: options.behindNat ?? false,
      hub: this.topology.kind === "hub-and-spoke" && this.topology.hubs.includes(host),
      routes: this.routes(options.routes),
      localNetworks: [...this.routes(options.routes), ...this.routes(options.localNetworks)],
    });
    new MeshDevice(host, featureId(host, "Mesh", this), () => this.factsOf(name));
  }

  /** Adds a member that is managed elsewhere: only its public key is known. */
  addPeer(peer: UnmanagedPeer): void {
    at(this.node.path, () => assertPublicKey(peer.publicKey));
    const endpoint = at(this.node.path, () =>
      peer.endpoint === undefined ? undefined : parseEndpoint(peer.endpoint, this.port),
    );
    this.add({
      name: peer.name,
      origin: this.node.path,
      publicKey: peer.publicKey,
      fixedAddress: peer.address,
      endpoint: endpoint?.text,
      endpointAddress: endpoint?.address,
      behindNat: endpoint === undefined,
      hub: false,
      routes: this.routes(peer.routes),
      localNetworks: [],
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
    this.behindNat = members.filter((m) => m.behindNat).length;
    this.probeOrder = members.filter((m) => m.host !== undefined);
    this.places = new Map(this.probeOrder.map((m, i) => [m.name, i]));
    const input = { mesh: path, subnets: this.subnets, members, layout };
    this.tables = peerTables(input, this.isHubAndSpoke, files.names("wireguard"));
    for (const { file, content } of this.tables.values()) files.add(path, `${TABLES}${file}`, content);
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
    const mesh = this.node.path;
    const member = this.members.get(name)!;
    const addresses = this.layout?.addresses.get(name);
    if (this.layout === undefined || addresses === undefined) return undefined;
    const keys = this.props.keys ?? WireGuardKeys.onHost();
    return {
      member,
      mesh,
      table: this.tables.get(viewOf(member, this.isHubAndSpoke))!.file,
      device: this.device,
      port: this.port,
      mtu: this.mtu,
      mtuBecause: this.props.mtu === undefined ? wireguardMtu(this.underlay, "mixed").because : "was given",
      addresses: addresses.map((address, i) => `${address}/${this.subnets[i]!.prefixLength}`),
      subnets: this.subnets,
      keyEpoch: this.epochs.get(name) ?? 1,
      keyDirectory: keys.kind === "directory" ? keys.path : undefined,
      forwards: member.hub
        ? [...this.subnets, ...[...this.members.values()].flatMap((m) => m.routes)].map((cidr) => cidr.family)
        : member.routes.map((cidr) => cidr.family),
      forwardsTo: [...(member.hub ? [undefined] : []), ...member.routes],
      unmanagedRoutes:
        member === this.probeOrder[0]
          ? [...this.members.values()].flatMap((m) => (m.host === undefined ? m.routes : []))
          : [],
      adopt: this.props.adopt ?? false,
      clamps: (member.hub ? [...this.members.values()] : [member]).some(({ routes }) => routes.length > 0),
      probes: this.probesOf(member),
      unreachable: member.behindNat && !this.isHubAndSpoke ? this.behindNat - 1 : 0,
    };
  }

  /**
   * Whom a member probes: hubs and, through the first hub, other spokes; in a full mesh the neighbours that share no NAT with
   * it. Where a probed member has an address on a network behind it, that is probed as well.
   */
  private probesOf(member: Member): DeviceFacts["probes"] {
    const around = neighbours(this.places.get(member.name)!, this.probeOrder.length).map((i) => this.probeOrder[i]!);
    const others = !this.isHubAndSpoke
      ? around.filter((other) => !(other.behindNat && member.behindNat))
      : member.hub
        ? around
        : [...this.probeOrder.filter((other) => other.hub), ...around.filter((other) => !other.hub)];
    return others.flatMap((other) => {
      const behind = addressBehind(other, member);
      return [
        [other.name, this.layout!.addresses.get(other.name)![0]!.toString()] as const,
        ...(behind === undefined ? [] : [[`the network behind ${other.name}`, behind] as const]),
      ];
    });
  }
}

/** An address of `member` on a network behind it, unless `from` is on that network too. */
function addressBehind(member: Member, from: Member): string | undefined {
  return member.host?.interfaces
    .flatMap((port) => port.addresses.map(({ address }) => address))
    .find(
      (address) =>
        member.routes.some((cidr) => cidr.contains(address)) &&
        !from.localNetworks.some((cidr) => cidr.contains(address)),
    )
    ?.toString();
}
