import type { LabelSelector } from "./selector-types";

/** Peers that are not described by labels or addresses. */
export type Entity =
  | "all"
  | "world"
  | "cluster"
  | "host"
  | "init"
  | "ingress"
  | "unmanaged"
  | "remote-node"
  | "health"
  | "none"
  | "kube-apiserver";

/** An IP range with holes, or a reference to a CiliumCIDRGroup. Exactly one of the first three. */
export interface CidrRule {
  /** An address range. @default - given by a group */
  readonly cidr?: string;
  /** Name of a CiliumCIDRGroup. @default - given otherwise */
  readonly cidrGroupRef?: string;
  /** CiliumCIDRGroups by their labels. @default - given otherwise */
  readonly cidrGroupSelector?: LabelSelector;
  /** Holes in `cidr`. @default - none */
  readonly except?: readonly string[];
}

/** Traffic that is refused although another rule allows it. All given parts must match. */
export interface IngressDenyRule {
  /** Pods by labels; an empty selector means all of the namespace. @default - not part of the rule */
  readonly fromEndpoints?: readonly LabelSelector[];
  /** Peers by what they are. @default - not part of the rule */
  readonly fromEntities?: readonly Entity[];
  /** Address ranges. @default - not part of the rule */
  readonly fromCIDR?: readonly string[];
  /** Address ranges with holes, or groups. @default - not part of the rule */
  readonly fromCIDRSet?: readonly CidrRule[];
  /** Nodes by labels. @default - not part of the rule */
  readonly fromNodes?: readonly LabelSelector[];
  /** Groups of a cloud provider. @default - not part of the rule */
  readonly fromGroups?: readonly CloudGroup[];
  /** Labels that peers must have besides. @default - not part of the rule */
  readonly fromRequires?: readonly string[];
  /** ICMP messages. @default - not part of the rule */
  readonly icmps?: readonly IcmpRule[];
  /** Ports of the selected pods. @default - not part of the rule */
  readonly toPorts?: readonly PortDenyRule[];
}

/** Traffic that may come in. All given parts must match. */
export interface IngressRule extends Omit<IngressDenyRule, "toPorts"> {
  /** Ports of the selected pods, with layer 7 rules. @default - not part of the rule */
  readonly toPorts?: readonly PortRule[];
  /** Mutual authentication of the peer. @default - not part of the rule */
  readonly authentication?: PeerAuthentication;
}

/** Traffic that may not go out although another rule allows it. All given parts must match. */
export interface EgressDenyRule {
  /** Pods by labels; an empty selector means all of the namespace. @default - not part of the rule */
  readonly toEndpoints?: readonly LabelSelector[];
  /** Peers by what they are. @default - not part of the rule */
  readonly toEntities?: readonly Entity[];
  /** Address ranges. @default - not part of the rule */
  readonly toCIDR?: readonly string[];
  /** Address ranges with holes, or groups. @default - not part of the rule */
  readonly toCIDRSet?: readonly CidrRule[];
  /** Nodes by labels. @default - not part of the rule */
  readonly toNodes?: readonly LabelSelector[];
  /** Kubernetes services. @default - not part of the rule */
  readonly toServices?: readonly ServiceReference[];
  /** Groups of a cloud provider. @default - not part of the rule */
  readonly toGroups?: readonly CloudGroup[];
  /** Labels that peers must have besides. @default - not part of the rule */
  readonly toRequires?: readonly string[];
  /** ICMP messages. @default - not part of the rule */
  readonly icmps?: readonly IcmpRule[];
  /** Ports of the peers. @default - not part of the rule */
  readonly toPorts?: readonly PortDenyRule[];
}

/** Traffic that may go out. All given parts must match. */
export interface EgressRule extends Omit<EgressDenyRule, "toPorts"> {
  /** Ports of the peers, with layer 7 rules. @default - not part of the rule */
  readonly toPorts?: readonly PortRule[];
  /** Names whose addresses Cilium learns from DNS answers; needs a rule that lets DNS through its proxy. @default - not part of the rule */
  readonly toFQDNs?: readonly FqdnSelector[];
  /** Mutual authentication of the peer. @default - not part of the rule */
  readonly authentication?: PeerAuthentication;
}

/** Exactly one of the two. */
export interface FqdnSelector {
  /** A whole name. @default - given by `matchPattern` */
  readonly matchName?: string;
  /** With `*` as wildcard. @default - given by `matchName` */
  readonly matchPattern?: string;
}

/**
 * A service by name or by labels.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec.egress.toServices`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface ServiceReference {
  /** By name. @default - by labels */
  readonly k8sService?: { readonly namespace?: string; readonly serviceName?: string };
  /** By labels. @default - by name */
  readonly k8sServiceSelector?: { readonly namespace?: string; readonly selector: LabelSelector };
}

/**
 * A group of machines that a cloud provider knows.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec.egress.toGroups`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface CloudGroup {
  /** Security groups of AWS. @default - none */
  readonly aws?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly region?: string;
    readonly securityGroupsIds?: readonly string[];
    readonly securityGroupsNames?: readonly string[];
  };
}

/**
 * Whether the peer must prove its identity.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec.ingress.authentication`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface PeerAuthentication {
  readonly mode: "disabled" | "required" | "test-always-fail";
}

/**
 * ICMP messages by type.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec.ingress.icmps`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface IcmpRule {
  /** Types, as number or name, for IPv4 unless `family` says otherwise. @default - none */
  readonly fields?: readonly { readonly family?: "IPv4" | "IPv6"; readonly type: number | string }[];
}

/** One port or range, and its protocol. */
export interface PortProtocol {
  /** Number as text, or the name of a container port. @default - any port */
  readonly port?: string;
  /** Last port of a range that starts at `port`. @default - one port */
  readonly endPort?: number;
  /** Protocol above IP. @default "ANY" */
  readonly protocol?: "TCP" | "UDP" | "SCTP" | "VRRP" | "IGMP" | "GRE" | "IPIP" | "IPV6" | "ESP" | "AH" | "ANY";
}

/** Ports that are refused. */
export interface PortDenyRule {
  /** The ports. @default - all */
  readonly ports?: readonly PortProtocol[];
}

/** Ports, and what is let through on them. */
export interface PortRule extends PortDenyRule {
  /** Layer 7 rules; exactly one protocol. @default - everything */
  readonly rules?: L7Rules;
  /** Envoy listener that gets the traffic. @default - none */
  readonly listener?: EnvoyListener;
  /** How the proxy speaks TLS to the server. @default - not intercepted */
  readonly originatingTLS?: TlsContext;
  /** How the proxy speaks TLS to the client. @default - not intercepted */
  readonly terminatingTLS?: TlsContext;
  /** TLS server names that are let through. @default - all */
  readonly serverNames?: readonly string[];
}

/** Requests that are let through, of one protocol. */
export interface L7Rules {
  /** HTTP requests. @default - not HTTP */
  readonly http?: readonly HttpRule[];
  /** DNS names that may be asked for. @default - not DNS */
  readonly dns?: readonly FqdnSelector[];
}

/** An HTTP request; all given parts must match. */
export interface HttpRule {
  /** Regular expression over the method. @default - any */
  readonly method?: string;
  /** Regular expression over the path. @default - any */
  readonly path?: string;
  /** Regular expression over the host. @default - any */
  readonly host?: string;
  /** Headers that must be there, `name: value`. @default - any */
  readonly headers?: readonly string[];
  /** Headers with what happens when they differ. @default - any */
  readonly headerMatches?: readonly HeaderMatch[];
}

/**
 * A header and its value, given here or in a secret.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec.ingress.toPorts.rules.http.headerMatches`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface HeaderMatch {
  readonly name: string;
  /** The value. @default - from `secret`, or only presence counts */
  readonly value?: string;
  /** Where the value is. @default - given by `value` */
  readonly secret?: SecretReference;
  /** What happens to a request that differs. @default - it is refused */
  readonly mismatch?: "LOG" | "ADD" | "DELETE" | "REPLACE";
}

/**
 * A secret in the cluster.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec.ingress.toPorts.terminatingTLS.secret`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface SecretReference {
  readonly name: string;
  /** Its namespace. @default - that of the policy */
  readonly namespace?: string;
}

/**
 * A listener of an Envoy configuration.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec.ingress.toPorts.listener`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface EnvoyListener {
  readonly name: string;
  /** Smaller wins where several policies redirect. @default - the lowest */
  readonly priority?: number;
  readonly envoyConfig: { readonly kind?: "CiliumEnvoyConfig" | "CiliumClusterwideEnvoyConfig"; readonly name: string };
}

/**
 * Certificates for intercepting TLS, in a secret.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec.ingress.toPorts.terminatingTLS`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface TlsContext {
  readonly secret: SecretReference;
  /** Key of the certificate in the secret. @default "tls.crt" */
  readonly certificate?: string;
  /** Key of the private key in the secret. @default "tls.key" */
  readonly privateKey?: string;
  /** Key of the authorities in the secret. @default "ca.crt" */
  readonly trustedCA?: string;
}
