import type { LabelSelector } from "./selector-types";

/** BGP instances of the selected nodes and their peers. */
export interface BgpClusterConfigSpec {
  /** Nodes that run the instances. @default - all nodes */
  readonly nodeSelector?: LabelSelector;
  readonly bgpInstances: readonly BgpInstance[];
}

export interface BgpInstance {
  readonly name: string;
  readonly localASN?: number;
  /** TCP port to listen on. @default - none: sessions are only opened, never accepted */
  readonly localPort?: number;
  readonly peers?: readonly BgpPeer[];
}

export interface BgpPeer {
  readonly name: string;
  readonly peerAddress?: string;
  /** 0 accepts any. */
  readonly peerASN?: number;
  readonly peerConfigRef?: { readonly name: string };
  /** Find the peer as the node's default gateway. */
  readonly autoDiscovery?: {
    readonly mode: "DefaultGateway";
    readonly defaultGateway?: { readonly addressFamily: "ipv4" | "ipv6" };
  };
}

/** Timers, families and transport of peers that refer to it. */
export interface BgpPeerConfigSpec {
  /** Secret with key `password` for TCP MD5. */
  readonly authSecretRef?: string;
  readonly ebgpMultihop?: number;
  readonly families?: readonly BgpFamily[];
  readonly gracefulRestart?: { readonly enabled: boolean; readonly restartTimeSeconds?: number };
  readonly timers?: {
    readonly connectRetryTimeSeconds?: number;
    readonly holdTimeSeconds?: number;
    readonly keepAliveTimeSeconds?: number;
  };
  readonly transport?: { readonly peerPort?: number; readonly sourceInterface?: string };
}

/** Only unicast is documented to work; the API lists more. */
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
  /** Advertisements (by label) that are sent to the peer; without it nothing is sent. */
  readonly advertisements?: LabelSelector;
}

/** What is announced. */
export interface BgpAdvertisementSpec {
  readonly advertisements: readonly BgpAdvertisement[];
}

export interface BgpAdvertisement {
  readonly advertisementType: "PodCIDR" | "CiliumPodIPPool" | "Service" | "Interface";
  /** Exactly with type `Service`. */
  readonly service?: {
    readonly addresses: readonly ("LoadBalancerIP" | "ClusterIP" | "ExternalIP")[];
    readonly aggregationLengthIPv4?: number;
    readonly aggregationLengthIPv6?: number;
  };
  /** Exactly with type `Interface`. */
  readonly interface?: { readonly name: string };
  /** Services or pools; not with type `PodCIDR`. Without it nothing is selected. */
  readonly selector?: LabelSelector;
  readonly attributes?: {
    readonly communities?: {
      readonly standard?: readonly string[];
      readonly large?: readonly string[];
      readonly wellKnown?: readonly BgpWellKnownCommunity[];
    };
    readonly localPreference?: number;
  };
}

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

/** Overrides for the node of the same name. */
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
