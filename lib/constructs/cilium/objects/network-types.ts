import type { LabelSelector } from "./selector-types";

/**
 * Addresses for services of type LoadBalancer.
 *
 * @see `kubectl explain ciliumloadbalancerippools.spec`; https://docs.cilium.io/en/stable/network/lb-ipam/
 */
export interface LoadBalancerIpPoolSpec {
  /** Ranges of the pool. @default - none */
  readonly blocks?: readonly {
    readonly cidr?: string;
    /** First address, with `stop` as the last; instead of `cidr`. */
    readonly start?: string;
    readonly stop?: string;
  }[];
  /** Whether the first and last address of a block may be used. A string in the API, not a boolean. @default "Yes" */
  readonly allowFirstLastIPs?: "Yes" | "No";
  /** Services that may use the pool. @default - all */
  readonly serviceSelector?: LabelSelector;
  /** Hand out no more addresses; those in use stay. @default false */
  readonly disabled?: boolean;
}

/** Which nodes answer ARP and neighbour discovery for which services, on which devices. */
export interface L2AnnouncementPolicySpec {
  /** Services that are announced. @default - all */
  readonly serviceSelector?: LabelSelector;
  /** Nodes that may announce. @default - all */
  readonly nodeSelector?: LabelSelector;
  /** Regular expressions over device names. @default - all devices that Cilium manages */
  readonly interfaces?: readonly string[];
  /** Announce `spec.externalIPs` of services. @default false */
  readonly externalIPs?: boolean;
  /** Announce load-balancer addresses of services. @default false */
  readonly loadBalancerIPs?: boolean;
}

/**
 * Named list of ranges that policies refer to.
 *
 * @see `kubectl explain ciliumcidrgroups.spec`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface CidrGroupSpec {
  readonly externalCIDRs: readonly string[];
}

/**
 * Sends traffic of selected pods out through a chosen node, from a stable address.
 *
 * @see `kubectl explain ciliumegressgatewaypolicies.spec`; https://docs.cilium.io/en/stable/network/egress-gateway/egress-gateway/
 */
export interface EgressGatewayPolicySpec {
  readonly selectors: readonly {
    readonly namespaceSelector?: LabelSelector;
    readonly nodeSelector?: LabelSelector;
    readonly podSelector?: LabelSelector;
  }[];
  readonly destinationCIDRs: readonly string[];
  /** Destinations that leave the usual way. @default - none */
  readonly excludedCIDRs?: readonly string[];
  readonly egressGateway: EgressGateway;
  /** Several gateways, among which pods are spread. @default - only `egressGateway` */
  readonly egressGateways?: readonly EgressGateway[];
}

/**
 * `egressIP` or `interface`, not both.
 *
 * @see `kubectl explain ciliumegressgatewaypolicies.spec.egressGateway`; https://docs.cilium.io/en/stable/network/egress-gateway/egress-gateway/
 */
export interface EgressGateway {
  readonly nodeSelector: LabelSelector;
  /** Source address; the node must have it. @default - the first address of `interface` */
  readonly egressIP?: string;
  /** Device whose first address is taken. @default - the one with the default route */
  readonly interface?: string;
}

/**
 * Agent settings for selected nodes: keys of the `cilium-config` ConfigMap, not Helm paths, and values as strings.
 *
 * @see `kubectl explain ciliumnodeconfigs.spec`; https://docs.cilium.io/en/stable/configuration/per-node-config/
 */
export interface NodeConfigSpec {
  readonly nodeSelector: {
    readonly matchLabels?: Readonly<Record<string, string>>;
    readonly matchExpressions?: readonly {
      readonly key: string;
      readonly operator: string;
      readonly values?: readonly string[];
    }[];
  };
  readonly defaults: Readonly<Record<string, string>>;
}

/**
 * Sends traffic for an address or service to a pod on the same node.
 *
 * @see `kubectl explain ciliumlocalredirectpolicies.spec`; https://docs.cilium.io/en/stable/network/kubernetes/local-redirect-policy/
 */
export interface LocalRedirectPolicySpec {
  /** Text for people. @default - none */
  readonly description?: string;
  /** Exactly one of the two matchers. */
  readonly redirectFrontend: {
    readonly addressMatcher?: { readonly ip: string; readonly toPorts: readonly RedirectPort[] };
    readonly serviceMatcher?: {
      readonly namespace: string;
      readonly serviceName: string;
      readonly toPorts?: readonly RedirectPort[];
    };
  };
  readonly redirectBackend: {
    readonly localEndpointSelector: LabelSelector;
    readonly toPorts: readonly RedirectPort[];
  };
  /** Lets the backend itself reach the original address. @default false */
  readonly skipRedirectFromBackend?: boolean;
}

/**
 * A port of the original or of the redirected traffic.
 *
 * @see `kubectl explain ciliumlocalredirectpolicies.spec.redirectBackend.toPorts`; https://docs.cilium.io/en/stable/network/kubernetes/local-redirect-policy/
 */
export interface RedirectPort {
  readonly port: string;
  readonly protocol: "TCP" | "UDP";
  /** Joins the ports of front and back where there are several. @default - none */
  readonly name?: string;
}
