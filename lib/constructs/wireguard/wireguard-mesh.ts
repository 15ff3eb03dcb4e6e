import type { Construct } from "constructs";
import { TABLES } from "../../contract";
import { at, defineProblem } from "../../errors";
import { featureId, type IHost } from "../../host";
import { Cidr } from "../../net";
import { Deployment, type PlanContext, StackFeature, type StackFiles } from "../../synth";
import { innerMtu } from "../../tuning";
import type { Mtu } from "../../units";
import { choosePort } from "../fabric";
import { assertPublicKey, endpointOf, parseEndpoint } from "./endpoint";
import type { Member, MemberOptions, UnmanagedPeer } from "./member";
import { MeshDevice } from "./mesh-device";
import { type MeshPlan, planMesh } from "./mesh-plan";
import type { WireGuardMeshProps } from "./props";
import { tunnelFacts } from "./tunnel-facts";
import { Topology, type TopologySpec } from "./topology";
import { TAKES_CONTROL } from "./layout";

const TUNNEL_MTU = defineProblem("NL-010", "A tunnel's packets fit into the underlay", {
  why: "full-sized packets are fragmented or lost",
  source: "Linux drivers/net/wireguard/device.c, wg-quick: 60 bytes of overhead over IPv4, 80 over IPv6",
  remedy: "leave mtu out",
});
const MESH_HUB = defineProblem("NL-MESH-HUB", "A hub is a member of its mesh");
const MESH_MEMBER = defineProblem("NL-MESH-MEMBER", "Members of a mesh have names of their own");
const MESH_STACK = defineProblem("NL-MESH-STACK", "Hosts of a mesh are in its stack");

/**
 * A mesh of WireGuard tunnels with stable addresses, keys that stay on their hosts, and peer tables whose size grows
 * with the number of members, not with that of pairs.
 */
export class WireGuardMesh extends StackFeature<MeshPlan> {
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
      throw MESH_STACK({
        path,
        others: [host.node.path],
        what: `host ${host.hostName} is in another stack than the mesh, and a deploy of either would not see the other's keys`,
        value: host.hostName,
        allowed: "hosts of the same stack",
        remedy: "put the mesh into the stack of its hosts; name the others with mesh.addPeer",
      });
    }
    if (this.hosts.has(host)) {
      throw MESH_MEMBER({
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
    new MeshDevice(host, featureId(host, "Mesh", this), this, name);
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

  /** Lays the mesh out. */
  override plan({ lock, names }: PlanContext): MeshPlan {
    this.checkHubs();
    this.checkMtu();
    const { props, subnets, device, port, mtu, underlay } = this;
    const members = [...this.members.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const hubAndSpoke = this.topology.kind === "hub-and-spoke";
    const mesh = this.node.path;
    return planMesh(
      { mesh, props, members, subnets, hubAndSpoke, device, port, mtu, underlay },
      lock,
      names("wireguard"),
    );
  }

  /** Writes the peer tables. */
  override contributeFiles(files: StackFiles, { tables }: MeshPlan): void {
    const path = this.node.path;
    for (const { file, content } of tables) files.add(path, `${TABLES}${file}`, content);
    if (tables.length > 0 && this.props.presharedKeySecret !== undefined)
      files.presharedKeys(path, this.props.presharedKeySecret);
  }

  private add(member: Member): void {
    const path = this.node.path;
    const twin = this.members.get(member.name);
    if (twin !== undefined || !/^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$/.test(member.name)) {
      throw MESH_MEMBER({
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
          throw TAKES_CONTROL({
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
    throw MESH_HUB({
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
    throw TUNNEL_MTU({
      path: this.node.path,
      what: "full-sized packets of the tunnel would not fit into the underlay",
      value: this.mtu.value,
      allowed: `at most ${largest.value} (${largest.because})`,
      remedy: `leave "mtu" out`,
    });
  }
}
