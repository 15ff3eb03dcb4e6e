/** The table sizes (primes) that Cilium's Maglev accepts. Source: Cilium agent, pkg/maglev. */
export const MAGLEV_TABLE_SIZES = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071] as const;
/** One of {@link MAGLEV_TABLE_SIZES}. */
export type MaglevTableSize = (typeof MAGLEV_TABLE_SIZES)[number];

/** Consistent hashing: connections keep their backend when a node fails or is added. */
export interface Maglev {
  /** Entries of the lookup table; about 100 times the backends of the largest service. @default 16381 */
  readonly tableSize?: MaglevTableSize;
  /** 12 bytes, base64, equal on all nodes; keep it for the life of the cluster. @default - Cilium's built-in seed */
  readonly hashSeed?: string;
}

/** What every way of load balancing can have. */
export interface LoadBalancingOptions {
  /** How a backend is picked. @default - at random */
  readonly maglev?: Maglev | true;
  /**
   * Handle service traffic in the driver, before the kernel's network stack: `native` wants a driver with XDP on every
   * selected device, `best-effort` uses it where there is one. Drivers have an MTU limit for it, see rule `NL-040`.
   * @default - not accelerated
   */
  readonly xdp?: "native" | "best-effort";
  /** Device that carries service traffic between nodes. @default - the one with the node's address */
  readonly directRoutingDevice?: string;
  /** First and last port for NodePort services. @default [30000, 32767] */
  readonly nodePortRange?: readonly [number, number];
}

/** How the address of the backend reaches the node that answers. */
export type DsrDispatch = "opt" | "geneve" | "ipip";

/** Replies travel back through the node that took the request. Works with every routing. */
export interface SnatLoadBalancing {
  /** Helm value `loadBalancer.mode`. */
  readonly kind: "snat";
  /** What is independent of the way back. */
  readonly options: LoadBalancingOptions;
}

/** Replies go straight to the client (all of them, or only those of TCP). Not with VXLAN. */
export interface DsrLoadBalancing<D extends DsrDispatch | "auto" = DsrDispatch | "auto"> {
  /** Helm value `loadBalancer.mode`: `dsr` for all replies, `hybrid` for those of TCP. */
  readonly kind: "dsr" | "hybrid";
  /** Helm value `loadBalancer.dsrDispatch`; `auto` follows the routing. */
  readonly dispatch: D;
  /** What is independent of the way back. */
  readonly options: LoadBalancingOptions;
}

export type LoadBalancing = SnatLoadBalancing | DsrLoadBalancing;

/** Ways to balance service traffic that enters from outside. */
export const LoadBalancing = {
  /** Source NAT: replies return through the entry node. */
  snat: (options: LoadBalancingOptions = {}): SnatLoadBalancing => ({ kind: "snat", options }),
  /** Direct server return; the dispatch follows from the routing: an IP option with native routing, Geneve with Geneve. */
  dsr: (options: LoadBalancingOptions = {}): DsrLoadBalancing<"auto"> => ({ kind: "dsr", dispatch: "auto", options }),
  /** Direct server return for TCP, source NAT for UDP. */
  hybrid: (options: LoadBalancingOptions = {}): DsrLoadBalancing<"auto"> => ({
    kind: "hybrid",
    dispatch: "auto",
    options,
  }),
  /** Direct server return with a chosen dispatch, e.g. Geneve beside native routing where middleboxes drop IP options. */
  dsrBy: <D extends DsrDispatch>(dispatch: D, options: LoadBalancingOptions = {}): DsrLoadBalancing<D> => ({
    kind: "dsr",
    dispatch,
    options,
  }),
};
