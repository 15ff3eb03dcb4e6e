/** Selects objects by labels; all parts must match, and an empty selector matches everything. */
export interface LabelSelector {
  /** Labels that must be there with these values. Cilium takes a source prefix, e.g. `k8s:io.kubernetes.pod.namespace`. @default - none */
  readonly matchLabels?: Readonly<Record<string, string>>;
  /** Requirements on labels. @default - none */
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

/**
 * A requirement on one label.
 *
 * @see `kubectl explain ciliumnetworkpolicies.spec.endpointSelector.matchExpressions`; https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
 */
export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  /** Only with `In` and `NotIn`. @default - none */
  readonly values?: readonly string[];
}

/** Name, namespace, labels and annotations of an object. */
export interface ObjectMetadata {
  /** DNS subdomain. @default - the construct id */
  readonly name?: string;
  /** Namespace, for kinds that have one. @default "default" (CiliumNodeConfig: "kube-system") */
  readonly namespace?: string;
  /** Labels of the object. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of the object. @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
}
