import type { LabelSelector } from "./selector-types";

/** Addresses for services of type LoadBalancer. */
export interface LoadBalancerIpPoolSpec {
  readonly blocks?: readonly {
    readonly cidr?: string;
    /** First address, with `stop` as the last; instead of `cidr`. */
    readonly start?: string;
    readonly stop?: string;
  }[];
  /** Whether the first and last address of a block may be used. A string in the API, not a boolean. */
  readonly allowFirstLastIPs?: "Yes" | "No";
  /** Services that may use the pool. @default - all */
  readonly serviceSelector?: LabelSelector;
  readonly disabled?: boolean;
}

/** Which nodes answer ARP and neighbour discovery for which services, on which devices. */
export interface L2AnnouncementPolicySpec {
  readonly serviceSelector?: LabelSelector;
  readonly nodeSelector?: LabelSelector;
  /** Regular expressions over device names. @default - all devices that Cilium manages */
  readonly interfaces?: readonly string[];
  readonly externalIPs?: boolean;
  readonly loadBalancerIPs?: boolean;
}

/** Named list of ranges that policies refer to. */
export interface CidrGroupSpec {
  readonly externalCIDRs: readonly string[];
}

/** Sends traffic of selected pods out through a chosen node, from a stable address. */
export interface EgressGatewayPolicySpec {
  readonly selectors: readonly {
    readonly namespaceSelector?: LabelSelector;
    readonly nodeSelector?: LabelSelector;
    readonly podSelector?: LabelSelector;
  }[];
  readonly destinationCIDRs: readonly string[];
  readonly excludedCIDRs?: readonly string[];
  readonly egressGateway: EgressGateway;
  /** Several gateways, among which pods are spread. */
  readonly egressGateways?: readonly EgressGateway[];
}

/** `egressIP` or `interface`, not both. */
export interface EgressGateway {
  readonly nodeSelector: LabelSelector;
  readonly egressIP?: string;
  readonly interface?: string;
}

/** Agent settings for selected nodes: keys of the `cilium-config` ConfigMap, not Helm paths, and values as strings. */
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

/** Sends traffic for an address or service to a pod on the same node. */
export interface LocalRedirectPolicySpec {
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
  /** Lets the backend itself reach the original address. */
  readonly skipRedirectFromBackend?: boolean;
}

export interface RedirectPort {
  readonly port: string;
  readonly protocol: "TCP" | "UDP";
  readonly name?: string;
}
