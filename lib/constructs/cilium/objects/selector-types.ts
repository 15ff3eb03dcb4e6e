/** Selects objects by labels; all parts must match, and an empty selector matches everything. */
export interface LabelSelector {
  /** Labels that must be there with these values. Cilium takes a source prefix, e.g. `k8s:io.kubernetes.pod.namespace`. */
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  /** Only with `In` and `NotIn`. */
  readonly values?: readonly string[];
}

/** Name, namespace, labels and annotations of an object. */
export interface ObjectMetadata {
  /** DNS subdomain. @default - the construct id */
  readonly name?: string;
  /** Namespace, for kinds that have one. @default "default" (CiliumNodeConfig: "kube-system") */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
