import { Construct } from "constructs";
import { at, defineProblem } from "../../errors";
import {
  Check,
  featureId,
  HostFeature,
  type HostSettings,
  type IHost,
  type NetworkInterface,
  SegmentMembership,
} from "../../host";
import { Cidr, IpAddress } from "../../net";
import { Mtu } from "../../units";
import type { ILan } from "./lan";
import { neighbours } from "./neighbours";
import { choosePort } from "./port-choice";

const FABRIC_TWICE = defineProblem("NL-FABRIC-TWICE", "A host is attached to a fabric once");

/** A destination outside of the segment that is reached through one of its ports. */
export interface OffSegmentRoute {
  /** Prefix, or `"default"`. */
  readonly to: string;
  /** Gateway on the segment. */
  readonly via: string;
  /** What the way behind the gateway carries. @default 1500 */
  readonly mtu?: number;
}

/** A layer 2 segment with one MTU. */
export interface JumboFabricProps {
  /** The IP MTU that every port of the segment gets. @default 9000 - what jumbo frames are on CloudLab and on most switches */
  readonly mtu?: number;
  /** The LAN that the segment is; ports are found by it. @default - ports are named, or the only one of each host */
  readonly lan?: ILan;
  /** Whether the switches carry jumbo frames. @default - what the LAN says, else not known, which is a warning */
  readonly switchesCarryJumbo?: boolean;
  /**
   * Whether every switch of the segment marks ECN, in the class of RoCE as well: with marks RDMA slows down before a
   * queue is full; DCTCP is refused without. @default false
   */
  readonly switchesMarkEcn?: boolean;
  /** Destinations behind gateways on the segment; their path MTU is pinned. @default - none */
  readonly offSegment?: readonly OffSegmentRoute[];
  /** Hosts to attach at once. @default - none */
  readonly members?: readonly IHost[];
}

/** Which port of a host is attached. */
export interface AttachOptions {
  /** Id of the port. @default - the one on the fabric's LAN, else the only one that is not the control port */
  readonly interface?: string;
}

/** A host that is attached to a fabric, and by which port. */
export interface FabricMember {
  /** The host, as it was attached. */
  readonly host: IHost;
  /** Its port on the segment. */
  readonly port: NetworkInterface;
}

const STANDARD_MTU = 1500;
const MTU_SOURCE = "Linux Documentation/networking/ip-sysctl.rst; RFC 4821";

/**
 * A segment in which every port has the same MTU, checked against cards and switches, with routes that lead out of it
 * pinned to what the rest of the world carries.
 */
export class JumboFabric extends Construct {
  /** The MTU of the segment. */
  readonly mtu: Mtu;
  /** The LAN that the segment is; ports are found by it. @default - ports were named, or the only one of each host */
  readonly lan?: ILan;
  /** Whether somebody stated that every switch of the segment marks ECN. */
  readonly switchesMarkEcn: boolean;
  /** Destinations behind gateways, with what the way carries. */
  readonly offSegment: readonly Required<OffSegmentRoute>[];
  private readonly props: JumboFabricProps;
  private readonly attached = new Map<IHost, FabricMember>();

  /** Throws when the MTU is out of range, or an address is malformed. */
  constructor(scope: Construct, id: string, props: JumboFabricProps = {}) {
    super(scope, id);
    this.props = props;
    this.lan = props.lan;
    this.switchesMarkEcn = props.switchesMarkEcn ?? false;
    this.mtu = at(this.node.path, () => Mtu.of(props.mtu ?? 9000));
    this.offSegment = at(this.node.path, () => (props.offSegment ?? []).map((route) => this.checkedRoute(route)));
    this.attach(...(props.members ?? []));
  }

  /** Attaches hosts by the port that is on the fabric's LAN, or by their only one. */
  attach(...hosts: readonly IHost[]): void {
    for (const host of hosts) this.attachPort(host);
  }

  /** Attaches one host by a port of its own choice. Throws when it is attached already or the port is not clear. */
  attachPort(host: IHost, options: AttachOptions = {}): void {
    const path = this.node.path;
    if (this.attached.has(host)) {
      throw FABRIC_TWICE({
        path,
        others: [host.node.path],
        what: `host ${host.hostName} is attached already`,
        value: host.hostName,
        allowed: "each host once per fabric",
        remedy: "another JumboFabric for another port",
      });
    }
    const port = choosePort(host, { path, interface: options.interface, lan: this.lan?.name });
    this.attached.set(host, { host, port });
    new FabricPort(host, featureId(host, "Fabric", this), this, port, this.props);
  }

  /** The attached hosts, in the order of their names. */
  get members(): readonly FabricMember[] {
    this.sorted =
      this.sorted?.length === this.attached.size
        ? this.sorted
        : [...this.attached.values()].sort((a, b) => (a.host.hostName < b.host.hostName ? -1 : 1));
    return this.sorted;
  }
  private sorted: readonly FabricMember[] | undefined;

  /** The port by which `host` is attached, if it is. */
  portOf(host: IHost): NetworkInterface | undefined {
    return this.attached.get(host)?.port;
  }

  /** Whom `host` has to reach with full-sized packets. */
  peersOf(host: IHost): readonly FabricMember[] {
    this.places =
      this.places?.size === this.attached.size ? this.places : new Map(this.members.map((m, i) => [m.host, i]));
    const members = this.members;
    return neighbours(this.places.get(host)!, members.length).map((i) => members[i]!);
  }
  private places: ReadonlyMap<IHost, number> | undefined;

  private checkedRoute(route: OffSegmentRoute): Required<OffSegmentRoute> {
    return {
      to: route.to === "default" ? "default" : Cidr.parse(route.to).toString(),
      via: IpAddress.parse(route.via).toString(),
      mtu: route.mtu === undefined ? Math.min(STANDARD_MTU, this.mtu.value) : Mtu.of(route.mtu).value,
    };
  }
}

/** What being on a fabric means for one host. */
class FabricPort extends HostFeature {
  private readonly fabric: JumboFabric;
  private readonly port: NetworkInterface;
  private readonly props: JumboFabricProps;

  constructor(host: IHost, id: string, fabric: JumboFabric, port: NetworkInterface, props: JumboFabricProps) {
    super(host, id);
    this.fabric = fabric;
    this.port = port;
    this.props = props;
  }

  contribute(settings: HostSettings): void {
    const { mtu } = this.fabric;
    const segment = this.fabric.node.path;
    const one = {
      because: `every port of ${segment} has the same MTU`,
      source: "RFC 1191: only routers report packets that are too big",
    };
    settings.link(this.port.id, { mtu: mtu.value }, one);
    const jumbo = this.props.switchesCarryJumbo ?? this.props.lan?.jumbo;
    settings.fact(
      SegmentMembership,
      this.port.id,
      {
        segment,
        mtu: mtu.value,
        jumbo: jumbo === undefined ? "unknown" : jumbo ? "stated" : "refused",
        marking: this.fabric.switchesMarkEcn,
      },
      one,
    );
    if (mtu.value > STANDARD_MTU) this.recovery(settings);
    this.routes(settings);
    this.probes(settings);
  }

  /** Where one hop carries less than it should and says nothing, TCP finds out by itself. */
  private recovery(settings: HostSettings): void {
    const reason = {
      because: "a hop that drops large packets silently is found and stepped around",
      source: MTU_SOURCE,
    };
    settings.sysctl("net.ipv4.tcp_mtu_probing", 1, reason);
  }

  private routes(settings: HostSettings): void {
    for (const { to, via, mtu } of this.fabric.offSegment) {
      const reason = { because: `behind ${via} the way carries ${mtu} bytes`, source: "ip-route(8), mtu" };
      settings.route(this.port.id, { to, via, mtu }, reason);
    }
  }

  private probes(settings: HostSettings): void {
    for (const peer of this.fabric.peersOf(this.host)) {
      const address = peer.port.addresses[0]?.address;
      if (address === undefined) continue;
      const reason = { because: `packets of ${this.fabric.mtu} bytes reach ${peer.host.hostName} unfragmented` };
      settings.check(Check.pathMtu(address.toString(), this.fabric.mtu.value), reason);
    }
  }
}
