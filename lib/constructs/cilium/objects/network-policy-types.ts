import type { EgressDenyRule, EgressRule, IngressDenyRule, IngressRule } from "./policy-rule-types";
import type { LabelSelector } from "./selector-types";

/** One policy. Original field names of `cilium.io/v2`; rules of one direction switch the selected pods to deny-by-default there. */
export interface CiliumPolicyRule {
  readonly description?: string;
  /** Pods that the policy applies to. Exactly one of this and `nodeSelector`. */
  readonly endpointSelector?: LabelSelector;
  /** Nodes that the policy applies to; clusterwide policies only, needs the host firewall. */
  readonly nodeSelector?: LabelSelector;
  readonly ingress?: readonly IngressRule[];
  /** Wins over every `ingress`. */
  readonly ingressDeny?: readonly IngressDenyRule[];
  readonly egress?: readonly EgressRule[];
  /** Wins over every `egress`. */
  readonly egressDeny?: readonly EgressDenyRule[];
  /** Whether selecting a pod denies what no rule allows. @default - true for each direction that has rules */
  readonly enableDefaultDeny?: { readonly ingress?: boolean; readonly egress?: boolean };
  readonly labels?: readonly { readonly key: string; readonly source?: string; readonly value?: string }[];
  /** Text that Hubble shows with flows of this policy. */
  readonly log?: { readonly value?: string };
}
