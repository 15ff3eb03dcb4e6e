import { Construct } from "constructs";
import type { BgpAdvertisement, BgpPeer, BgpPeerConfigSpec } from "./bgp-types";
import { CiliumBGPAdvertisement, CiliumBGPClusterConfig, CiliumBGPPeerConfig, CiliumLoadBalancerIPPool } from "./kinds";
import type { LabelSelector } from "./selector-types";

/** Sessions of the nodes with their routers. */
export interface BgpPeeringProps {
  /** Autonomous system of the nodes. */
  readonly localASN: number;
  /** The routers, e.g. the leaves of the rack. */
  readonly peers: readonly Pick<BgpPeer, "name" | "peerAddress" | "peerASN">[];
  /** What is announced to all of them. @default - the pod ranges of the nodes */
  readonly advertisements?: readonly BgpAdvertisement[];
  /** Nodes that peer. @default - all */
  readonly nodeSelector?: LabelSelector;
  /** Address families. @default ["ipv4"] */
  readonly families?: readonly ("ipv4" | "ipv6")[];
  /** Timers, multihop, graceful restart, transport. @default - Cilium's */
  readonly session?: Omit<BgpPeerConfigSpec, "families">;
}

/** BGP sessions of the nodes with their routers: cluster config, peer config and advertisement that refer to each other. */
export class BgpPeering extends Construct {
  /** Label that advertisements carry to be sent to these peers. */
  readonly advertisementLabels: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: BgpPeeringProps) {
    super(scope, id);
    const name = id.toLowerCase();
    this.advertisementLabels = { "netloom.dev/peering": name };
    const metadata = { name };
    new CiliumBGPAdvertisement(this, "Advertisement", {
      metadata: { name, labels: this.advertisementLabels },
      spec: { advertisements: props.advertisements ?? [{ advertisementType: "PodCIDR" }] },
    });
    new CiliumBGPPeerConfig(this, "PeerConfig", {
      metadata,
      spec: {
        ...props.session,
        families: (props.families ?? ["ipv4"]).map((afi) => ({
          afi,
          safi: "unicast",
          advertisements: { matchLabels: this.advertisementLabels },
        })),
      },
    });
    new CiliumBGPClusterConfig(this, "ClusterConfig", {
      metadata,
      spec: {
        ...(props.nodeSelector !== undefined && { nodeSelector: props.nodeSelector }),
        bgpInstances: [
          {
            name,
            localASN: props.localASN,
            peers: props.peers.map((peer) => ({ ...peer, peerConfigRef: { name } })),
          },
        ],
      },
    });
  }
}

/** Anycast addresses, who gets them and over which sessions they are told. */
export interface AnycastAddressesProps {
  /** Ranges of addresses that every node announces. */
  readonly cidrs: readonly string[];
  /** Services that get them; needed, so that other services do not. */
  readonly serviceSelector: LabelSelector;
  /** The sessions over which they are announced. */
  readonly peering: BgpPeering;
  /** Communities, local preference. @default - none */
  readonly attributes?: BgpAdvertisement["attributes"];
}

/**
 * Anycast for services: an address pool that all nodes announce with the same path, so that routers spread flows over
 * them (ECMP) and drop a node the moment its session ends.
 */
export class AnycastAddresses extends Construct {
  constructor(scope: Construct, id: string, props: AnycastAddressesProps) {
    super(scope, id);
    const name = id.toLowerCase();
    new CiliumLoadBalancerIPPool(this, "Pool", {
      metadata: { name },
      spec: {
        blocks: props.cidrs.map((cidr) => ({ cidr })),
        // A pool of anycast addresses has no network and broadcast address.
        allowFirstLastIPs: "Yes",
        serviceSelector: props.serviceSelector,
      },
    });
    new CiliumBGPAdvertisement(this, "Advertisement", {
      metadata: { name, labels: props.peering.advertisementLabels },
      spec: {
        advertisements: [
          {
            advertisementType: "Service",
            service: { addresses: ["LoadBalancerIP"] },
            selector: props.serviceSelector,
            ...(props.attributes !== undefined && { attributes: props.attributes }),
          },
        ],
      },
    });
  }
}
