/** Packets between nodes carry pod addresses as they are; the network between the nodes must know the way. */
export interface NativeRouting {
  /** Helm value `routingMode`. */
  readonly kind: "native";
  /** Ranges, and who installs the routes. */
  readonly options: NativeRoutingOptions;
}

/** Packets between nodes travel inside VXLAN. */
export interface VxlanRouting {
  /** Helm value `tunnelProtocol`. */
  readonly kind: "vxlan";
  /** Port and underlay. */
  readonly options: TunnelOptions;
}

/** Packets between nodes travel inside Geneve. */
export interface GeneveRouting {
  /** Helm value `tunnelProtocol`. */
  readonly kind: "geneve";
  /** Port and underlay. */
  readonly options: TunnelOptions;
}

/** How packets get from a pod on one node to a pod on another. */
export type Routing = NativeRouting | VxlanRouting | GeneveRouting;

/** Ranges that are routed as they are, and who installs the routes. */
export interface NativeRoutingOptions {
  /** IPv4 range that is reached without masquerading. @default - the pod CIDR of the cluster */
  readonly cidr?: string;
  /** IPv6 range that is reached without masquerading. @default - the IPv6 pod CIDR of the cluster, if it has one */
  readonly cidr6?: string;
  /** Take the ranges from the cluster pool; only with cluster-pool IPAM. @default false */
  readonly fromClusterPool?: boolean;
  /**
   * How nodes learn the routes to the pods of others: `direct` installs them on every node, which works only while
   * all nodes share one layer 2 segment; `direct-reachable` skips nodes that are not neighbours; `external` leaves it
   * to BGP or to routes that others install.
   * @default "direct"
   */
  readonly nodeRoutes?: "direct" | "direct-reachable" | "external";
}

/** Port and underlay of a tunnel. */
export interface TunnelOptions {
  /** UDP port of the tunnel. @default - 8472 for VXLAN, 6081 for Geneve */
  readonly port?: number;
  /** Address family of the packets between the nodes. @default "ipv4" */
  readonly underlay?: "ipv4" | "ipv6";
}

/** Ways to route between nodes. Native is the fastest and the only one without overhead; Geneve is the tunnel that DSR can use. */
export const Routing = {
  /** Packets as they are: no overhead and the full MTU, where the network between the nodes knows the pods. */
  native: (options: NativeRoutingOptions = {}): NativeRouting => ({ kind: "native", options }),
  /** A tunnel that every network carries; takes 50 bytes of each packet, 70 over IPv6. Source: Cilium agent, pkg/mtu. */
  vxlan: (options: TunnelOptions = {}): VxlanRouting => ({ kind: "vxlan", options }),
  /** Like VXLAN and as costly, with room for what DSR has to tell; then 12 bytes more. Source: Cilium agent, pkg/mtu. */
  geneve: (options: TunnelOptions = {}): GeneveRouting => ({ kind: "geneve", options }),
};
