import type { EgressDenyRule, EgressRule, IngressDenyRule, IngressRule } from "./policy-rule-types";
import type { LabelSelector } from "./selector-types";

/**
 * One policy. Original field names of `cilium.io/v2`; rules of one direction switch the selected pods to deny-by-default there.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec`; https://docs.cilium.io/en/stable/security/policy/
 */
export interface CiliumPolicyRule {
  /** Text for people. @default - none */
  readonly description?: string;
  /** Pods that the policy applies to. Exactly one of this and `nodeSelector`. @default - the rule selects nodes */
  readonly endpointSelector?: LabelSelector;
  /** Nodes that the policy applies to; clusterwide policies only, needs the host firewall. @default - the rule selects pods */
  readonly nodeSelector?: LabelSelector;
  /** What may come in. @default - no rules for this direction */
  readonly ingress?: readonly IngressRule[];
  /** Wins over every `ingress`. @default - nothing */
  readonly ingressDeny?: readonly IngressDenyRule[];
  /** What may go out. @default - no rules for this direction */
  readonly egress?: readonly EgressRule[];
  /** Wins over every `egress`. @default - nothing */
  readonly egressDeny?: readonly EgressDenyRule[];
  /** Whether selecting a pod denies what no rule allows. @default - true for each direction that has rules */
  readonly enableDefaultDeny?: { readonly ingress?: boolean; readonly egress?: boolean };
  /** Labels of the rule itself, shown by tools. @default - none */
  readonly labels?: readonly { readonly key: string; readonly source?: string; readonly value?: string }[];
  /** Text that Hubble shows with flows of this policy. @default - none */
  readonly log?: { readonly value?: string };
}
