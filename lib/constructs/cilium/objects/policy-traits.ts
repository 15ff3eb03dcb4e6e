import type { CiliumPolicyRule } from "./network-policy-types";
import type { ObjectJson } from "./object-json";
import { policyRulesOf } from "./policy-rules-of";
import type { CidrRule, EgressRule, IngressRule, PortRule } from "./policy-rule-types";

/** What a policy uses that hangs on something outside of it. */
export interface PolicyTraits {
  readonly selectsNodes: boolean;
  /** HTTP or DNS rules, which need Cilium's proxy. */
  readonly layer7: boolean;
  readonly egressHttp: boolean;
  readonly dns: boolean;
  readonly names: boolean;
  /** Names of CIDR groups. */
  readonly groups: readonly string[];
}

const NONE: PolicyTraits = {
  selectsNodes: false,
  layer7: false,
  egressHttp: false,
  dns: false,
  names: false,
  groups: [],
};

/** Reads the traits off an object; objects that are no policies have none. Tolerates what the schema refuses. */
export function policyTraits(json: ObjectJson): PolicyTraits {
  const rules = policyRulesOf(json) as readonly CiliumPolicyRule[];
  if (rules.length === 0) return NONE;
  const ingress = rules.flatMap((rule) => [...list(rule.ingress), ...(list(rule.ingressDeny) as IngressRule[])]);
  const egress = rules.flatMap((rule) => [...list(rule.egress), ...(list(rule.egressDeny) as EgressRule[])]);
  const inPorts = ingress.flatMap((rule) => list(rule.toPorts));
  const outPorts = egress.flatMap((rule) => list(rule.toPorts));
  const has = (ports: readonly PortRule[], kind: "http" | "dns"): boolean =>
    ports.some((port) => port.rules?.[kind] !== undefined);
  const both = [...inPorts, ...outPorts];
  return {
    selectsNodes: rules.some((rule) => rule.nodeSelector !== undefined),
    layer7: has(both, "http") || has(both, "dns"),
    egressHttp: has(outPorts, "http"),
    dns: has(both, "dns"),
    names: egress.some((rule) => rule.toFQDNs !== undefined),
    groups: [
      ...ingress.flatMap((rule) => list(rule.fromCIDRSet)),
      ...egress.flatMap((rule) => list(rule.toCIDRSet)),
    ].flatMap(({ cidrGroupRef }: CidrRule) => (cidrGroupRef === undefined ? [] : [cidrGroupRef])),
  };
}

function list<T>(items: readonly T[] | undefined): readonly T[] {
  return Array.isArray(items) ? items : [];
}
