import type { Construct } from "constructs";
import type { CiliumPolicyRule } from "./network-policy-types";
import { ClusterObject, type ClusterObjectProps } from "./object";

/** One rule, several, or both; at least one of the two must be given. */
export type PolicyProps = ClusterObjectProps &
  (
    | {
        /** One rule. */
        readonly spec: CiliumPolicyRule;
        /** Further rules, each with a selector of its own. @default - none */
        readonly specs?: readonly CiliumPolicyRule[];
      }
    | {
        /** Rules, each with a selector of its own. */
        readonly specs: readonly CiliumPolicyRule[];
        /** Left out: the rules are in `specs`. @default - none */
        readonly spec?: undefined;
      }
  );

/** A policy for pods of one namespace. */
export class CiliumNetworkPolicy extends ClusterObject {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumNetworkPolicy";
  /** All rules of the policy. */
  readonly rules: readonly CiliumPolicyRule[];
  private readonly props: PolicyProps;

  constructor(scope: Construct, id: string, props: PolicyProps) {
    super(scope, id, true, props);
    this.props = props;
    this.rules = policyRules(props);
  }

  protected body(): Readonly<Record<string, unknown>> {
    return policyBody(this.props);
  }
}

/** A policy for pods of all namespaces, or for nodes. */
export class CiliumClusterwideNetworkPolicy extends ClusterObject {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumClusterwideNetworkPolicy";
  /** All rules of the policy. */
  readonly rules: readonly CiliumPolicyRule[];
  private readonly props: PolicyProps;

  constructor(scope: Construct, id: string, props: PolicyProps) {
    super(scope, id, false, props);
    this.props = props;
    this.rules = policyRules(props);
  }

  protected body(): Readonly<Record<string, unknown>> {
    return policyBody(this.props);
  }
}

function policyRules({ spec, specs }: PolicyProps): readonly CiliumPolicyRule[] {
  return [...(spec === undefined ? [] : [spec]), ...(specs ?? [])];
}

function policyBody({ spec, specs }: PolicyProps): Readonly<Record<string, unknown>> {
  return { ...(spec !== undefined && { spec }), ...(specs !== undefined && { specs }) };
}
