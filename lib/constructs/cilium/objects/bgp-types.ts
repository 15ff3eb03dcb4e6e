import type { LabelSelector } from "./selector-types";

/**
 * BGP instances of the selected nodes and their peers.
 *
 * @see `kubectl explain ciliumbgpclusterconfigs.spec`; https://docs.cilium.io/en/stable/network/bgp-control-plane/
 */
export interface BgpClusterConfigSpec {
  /** Nodes that run the instances. @default - all nodes */
  readonly nodeSelector?: LabelSelector;
  readonly bgpInstances: readonly BgpInstance[];
}

/**
 * One BGP speaker on each selected node.
 *
 * @see `kubectl explain ciliumbgpclusterconfigs.spec.bgpInstances`; https://docs.cilium.io/en/stable/network/bgp-control-plane/
 */
export interface BgpInstance {
  readonly name: string;
  /** Own autonomous system, 1 to 4294967295. @default - none, set per node by CiliumBGPNodeConfigOverride */
  readonly localASN?: number;
  /** TCP port to listen on. @default - none: sessions are only opened, never accepted */
  readonly localPort?: number;
  /** Routers to open sessions to. @default - none */
  readonly peers?: readonly BgpPeer[];
}

/**
 * A router that nodes peer with.
 *
 * @see `kubectl explain ciliumbgpclusterconfigs.spec.bgpInstances.peers`; https://docs.cilium.io/en/stable/network/bgp-control-plane/
 */
export interface BgpPeer {
  readonly name: string;
  /** IPv4 or IPv6 address of the peer. @default - found by `autoDiscovery` */
  readonly peerAddress?: string;
  /** 0 accepts any. @default 0 */
  readonly peerASN?: number;
  /** Session settings by the name of a CiliumBGPPeerConfig. @default - Cilium's settings, nothing is advertised */
  readonly peerConfigRef?: { readonly name: string };
  /** Find the peer as the node's default gateway. @default - the peer is given by `peerAddress` */
  readonly autoDiscovery?: {
    readonly mode: "DefaultGateway";
    readonly defaultGateway?: { readonly addressFamily: "ipv4" | "ipv6" };
  };
}

/**
 * Timers, families and transport of peers that refer to it.
 *
 * @see `kubectl explain ciliumbgppeerconfigs.spec`; https://docs.cilium.io/en/stable/network/bgp-control-plane/
 */
export interface BgpPeerConfigSpec {
  /** Secret with key `password` for TCP MD5. @default - no authentication */
  readonly authSecretRef?: string;
  /** Time to live of the packets; above 1 the peer may be several hops away. @default 1 */
  readonly ebgpMultihop?: number;
  /** Address families and what is advertised in each. @default - IPv4 and IPv6 unicast, nothing advertised */
  readonly families?: readonly BgpFamily[];
  /** Keep routes while an agent restarts, for `restartTimeSeconds` (120). @default - off */
  readonly gracefulRestart?: { readonly enabled: boolean; readonly restartTimeSeconds?: number };
  /** Seconds between connection attempts (120), until a silent peer is dead (90), between keepalives (30). @default - those values */
  readonly timers?: {
    readonly connectRetryTimeSeconds?: number;
    readonly holdTimeSeconds?: number;
    readonly keepAliveTimeSeconds?: number;
  };
  /** TCP port of the peer (179) and the device that sessions start from. @default - port 179, chosen by the kernel */
  readonly transport?: { readonly peerPort?: number; readonly sourceInterface?: string };
}

/**
 * Only unicast is documented to work; the API lists more.
 *
 * @see `kubectl explain ciliumbgppeerconfigs.spec.families`; https://docs.cilium.io/en/stable/network/bgp-control-plane/
 */
export interface BgpFamily {
  readonly afi: "ipv4" | "ipv6" | "l2vpn" | "ls" | "opaque";
  readonly safi:
    | "unicast"
    | "multicast"
    | "mpls_label"
    | "encapsulation"
    | "vpls"
    | "evpn"
    | "ls"
    | "sr_policy"
    | "mup"
    | "mpls_vpn"
    | "mpls_vpn_multicast"
    | "route_target_constraints"
    | "flowspec_unicast"
    | "flowspec_vpn"
    | "key_value";
  /** Advertisements (by label) that are sent to the peer; without it nothing is sent. @default - nothing is advertised */
  readonly advertisements?: LabelSelector;
}

/**
 * What is announced.
 *
 * @see `kubectl explain ciliumbgpadvertisements.spec`; https://docs.cilium.io/en/stable/network/bgp-control-plane/
 */
export interface BgpAdvertisementSpec {
  readonly advertisements: readonly BgpAdvertisement[];
}

/**
 * One kind of route that is announced, and for which objects.
 *
 * @see `kubectl explain ciliumbgpadvertisements.spec.advertisements`; https://docs.cilium.io/en/stable/network/bgp-control-plane/
 */
export interface BgpAdvertisement {
  readonly advertisementType: "PodCIDR" | "CiliumPodIPPool" | "Service" | "Interface";
  /** Exactly with type `Service`. @default - not of type Service */
  readonly service?: {
    readonly addresses: readonly ("LoadBalancerIP" | "ClusterIP" | "ExternalIP")[];
    readonly aggregationLengthIPv4?: number;
    readonly aggregationLengthIPv6?: number;
  };
  /** Exactly with type `Interface`. @default - not of type Interface */
  readonly interface?: { readonly name: string };
  /** Services or pools; not with type `PodCIDR`. Without it nothing is selected. @default - nothing is selected */
  readonly selector?: LabelSelector;
  /** Communities and local preference of the routes. @default - none */
  readonly attributes?: {
    readonly communities?: {
      readonly standard?: readonly string[];
      readonly large?: readonly string[];
      readonly wellKnown?: readonly BgpWellKnownCommunity[];
    };
    readonly localPreference?: number;
  };
}

/** Communities with a standardized meaning. Source: IANA BGP well-known communities. */
export type BgpWellKnownCommunity =
  | "internet"
  | "planned-shut"
  | "accept-own"
  | "route-filter-translated-v4"
  | "route-filter-v4"
  | "route-filter-translated-v6"
  | "route-filter-v6"
  | "llgr-stale"
  | "no-llgr"
  | "blackhole"
  | "no-export"
  | "no-advertise"
  | "no-export-subconfed"
  | "no-peer";

/**
 * Overrides for the node of the same name.
 *
 * @see `kubectl explain ciliumbgpnodeconfigoverrides.spec`; https://docs.cilium.io/en/stable/network/bgp-control-plane/
 */
export interface BgpNodeConfigOverrideSpec {
  readonly bgpInstances: readonly {
    readonly name: string;
    readonly localASN?: number;
    readonly localPort?: number;
    readonly routerID?: string;
    readonly peers?: readonly {
      readonly name: string;
      readonly localAddress?: string;
      readonly localPort?: number;
    }[];
  }[];
}
