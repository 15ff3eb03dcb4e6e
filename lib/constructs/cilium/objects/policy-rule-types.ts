import type { LabelSelector } from "./selector-types";

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
  readonly cidr?: string;
  readonly cidrGroupRef?: string;
  readonly cidrGroupSelector?: LabelSelector;
  readonly except?: readonly string[];
}

export interface IngressDenyRule {
  readonly fromEndpoints?: readonly LabelSelector[];
  readonly fromEntities?: readonly Entity[];
  readonly fromCIDR?: readonly string[];
  readonly fromCIDRSet?: readonly CidrRule[];
  readonly fromNodes?: readonly LabelSelector[];
  readonly fromGroups?: readonly CloudGroup[];
  readonly fromRequires?: readonly string[];
  readonly icmps?: readonly IcmpRule[];
  readonly toPorts?: readonly PortDenyRule[];
}

export interface IngressRule extends Omit<IngressDenyRule, "toPorts"> {
  readonly toPorts?: readonly PortRule[];
  readonly authentication?: PeerAuthentication;
}

export interface EgressDenyRule {
  readonly toEndpoints?: readonly LabelSelector[];
  readonly toEntities?: readonly Entity[];
  readonly toCIDR?: readonly string[];
  readonly toCIDRSet?: readonly CidrRule[];
  readonly toNodes?: readonly LabelSelector[];
  readonly toServices?: readonly ServiceReference[];
  readonly toGroups?: readonly CloudGroup[];
  readonly toRequires?: readonly string[];
  readonly icmps?: readonly IcmpRule[];
  readonly toPorts?: readonly PortDenyRule[];
}

export interface EgressRule extends Omit<EgressDenyRule, "toPorts"> {
  readonly toPorts?: readonly PortRule[];
  /** Names whose addresses Cilium learns from DNS answers; needs a rule that lets DNS through its proxy. */
  readonly toFQDNs?: readonly FqdnSelector[];
  readonly authentication?: PeerAuthentication;
}

/** Exactly one of the two. */
export interface FqdnSelector {
  readonly matchName?: string;
  /** With `*` as wildcard. */
  readonly matchPattern?: string;
}

export interface ServiceReference {
  readonly k8sService?: { readonly namespace?: string; readonly serviceName?: string };
  readonly k8sServiceSelector?: { readonly namespace?: string; readonly selector: LabelSelector };
}

export interface CloudGroup {
  readonly aws?: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly region?: string;
    readonly securityGroupsIds?: readonly string[];
    readonly securityGroupsNames?: readonly string[];
  };
}

export interface PeerAuthentication {
  readonly mode: "disabled" | "required" | "test-always-fail";
}

export interface IcmpRule {
  readonly fields?: readonly { readonly family?: "IPv4" | "IPv6"; readonly type: number | string }[];
}

export interface PortProtocol {
  /** Number as text, or the name of a container port. */
  readonly port?: string;
  /** Last port of a range that starts at `port`. */
  readonly endPort?: number;
  readonly protocol?: "TCP" | "UDP" | "SCTP" | "VRRP" | "IGMP" | "GRE" | "IPIP" | "IPV6" | "ESP" | "AH" | "ANY";
}

export interface PortDenyRule {
  readonly ports?: readonly PortProtocol[];
}

export interface PortRule extends PortDenyRule {
  /** Layer 7 rules; exactly one protocol. */
  readonly rules?: L7Rules;
  readonly listener?: EnvoyListener;
  readonly originatingTLS?: TlsContext;
  readonly terminatingTLS?: TlsContext;
  /** TLS server names that are let through. */
  readonly serverNames?: readonly string[];
}

export interface L7Rules {
  readonly http?: readonly HttpRule[];
  readonly dns?: readonly FqdnSelector[];
}

export interface HttpRule {
  /** Regular expression over the method. */
  readonly method?: string;
  /** Regular expression over the path. */
  readonly path?: string;
  readonly host?: string;
  readonly headers?: readonly string[];
  readonly headerMatches?: readonly HeaderMatch[];
}

export interface HeaderMatch {
  readonly name: string;
  readonly value?: string;
  readonly secret?: SecretReference;
  readonly mismatch?: "LOG" | "ADD" | "DELETE" | "REPLACE";
}

export interface SecretReference {
  readonly name: string;
  readonly namespace?: string;
}

export interface EnvoyListener {
  readonly name: string;
  readonly priority?: number;
  readonly envoyConfig: { readonly kind?: "CiliumEnvoyConfig" | "CiliumClusterwideEnvoyConfig"; readonly name: string };
}

export interface TlsContext {
  readonly secret: SecretReference;
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly trustedCA?: string;
}
