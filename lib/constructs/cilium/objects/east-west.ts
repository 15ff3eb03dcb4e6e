import { Construct } from "constructs";
import type { CiliumPolicyRule } from "./network-policy-types";
import { CiliumNetworkPolicy } from "./policies";
import type { PortProtocol } from "./policy-rule-types";

const NAMESPACE_LABEL = "k8s:io.kubernetes.pod.namespace";
/** An empty rule allows nothing, but its presence makes the direction deny by default. Source: Cilium policy examples. */
const NOTHING = [{}];

/** One service that may call another. */
export interface AllowedCall {
  /** Labels of the callers. */
  readonly from: Readonly<Record<string, string>>;
  /** Namespace of the callers. @default - the namespace of the called */
  readonly fromNamespace?: string;
  /** Labels of the called. */
  readonly to: Readonly<Record<string, string>>;
  /** TCP ports by number, or ports with protocol. */
  readonly ports: readonly (number | PortProtocol)[];
}

/** The rules that most namespaces start from. Each returns a rule to put into a policy. */
export const EastWest = {
  /** Selected pods accept nothing and reach nothing unless another policy allows it. */
  defaultDeny: (): CiliumPolicyRule => ({ endpointSelector: {}, ingress: NOTHING, egress: NOTHING }),

  /** Name resolution through the cluster's DNS; Cilium's proxy sees the answers, so that `toFQDNs` works. */
  allowDns: (): CiliumPolicyRule => ({
    endpointSelector: {},
    egress: [
      {
        toEndpoints: [{ matchLabels: { [NAMESPACE_LABEL]: "kube-system", "k8s:k8s-app": "kube-dns" } }],
        toPorts: [{ ports: [{ port: "53", protocol: "ANY" }], rules: { dns: [{ matchPattern: "*" }] } }],
      },
    ],
  }),

  /** Pods of one namespace reach each other; an empty selector in a namespaced policy means the own namespace. */
  sameNamespace: (): CiliumPolicyRule => ({
    endpointSelector: {},
    ingress: [{ fromEndpoints: [{}] }],
    egress: [{ toEndpoints: [{}] }],
  }),

  /** The called side of an allowed call. */
  accept: (call: AllowedCall): CiliumPolicyRule => ({
    endpointSelector: { matchLabels: call.to },
    ingress: [{ fromEndpoints: [peer(call.from, call.fromNamespace)], toPorts: [{ ports: ports(call) }] }],
  }),

  /** The calling side of an allowed call; `namespace` is that of the called. */
  call: (call: AllowedCall, namespace?: string): CiliumPolicyRule => ({
    endpointSelector: { matchLabels: call.from },
    egress: [{ toEndpoints: [peer(call.to, namespace)], toPorts: [{ ports: ports(call) }] }],
  }),
};

/** What stays open in a namespace that is closed. */
export interface NamespacePoliciesProps {
  /** The namespace that is closed. */
  readonly namespace: string;
  /** Let pods resolve names. @default true */
  readonly dns?: boolean;
  /** Let pods of the namespace reach each other. @default false */
  readonly sameNamespace?: boolean;
  /** Calls between services; the same on both sides. @default - none */
  readonly allow?: readonly AllowedCall[];
}

/** Closes a namespace and opens what is listed: default deny, DNS, and one pair of policies for each allowed call. */
export class NamespacePolicies extends Construct {
  constructor(scope: Construct, id: string, props: NamespacePoliciesProps) {
    super(scope, id);
    const { namespace } = props;
    const policy = (name: string, spec: CiliumPolicyRule, where = namespace): void => {
      new CiliumNetworkPolicy(this, name, {
        metadata: { name: `${id}-${name}`.toLowerCase(), namespace: where },
        spec,
      });
    };
    policy("default-deny", EastWest.defaultDeny());
    if (props.dns ?? true) policy("allow-dns", EastWest.allowDns());
    if (props.sameNamespace === true) policy("same-namespace", EastWest.sameNamespace());
    for (const [i, allowed] of (props.allow ?? []).entries()) {
      policy(`allow-${i}-in`, EastWest.accept(allowed));
      const caller = allowed.fromNamespace ?? namespace;
      policy(`allow-${i}-out`, EastWest.call(allowed, caller === namespace ? undefined : namespace), caller);
    }
  }
}

function peer(labels: Readonly<Record<string, string>>, namespace: string | undefined) {
  return { matchLabels: namespace === undefined ? labels : { ...labels, [NAMESPACE_LABEL]: namespace } };
}

function ports({ ports: list }: AllowedCall): readonly PortProtocol[] {
  return list.map((port) => (typeof port === "number" ? { port: String(port), protocol: "TCP" } : port));
}
