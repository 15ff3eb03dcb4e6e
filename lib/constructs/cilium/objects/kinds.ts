import type { Construct } from "constructs";
import type {
  BgpAdvertisementSpec,
  BgpClusterConfigSpec,
  BgpNodeConfigOverrideSpec,
  BgpPeerConfigSpec,
} from "./bgp-types";
import type {
  CidrGroupSpec,
  EgressGatewayPolicySpec,
  L2AnnouncementPolicySpec,
  LoadBalancerIpPoolSpec,
  LocalRedirectPolicySpec,
  NodeConfigSpec,
} from "./network-types";
import { ClusterObject, type ClusterObjectProps } from "./object";

/** An object with a `spec` of the given type. */
export interface SpecProps<S> extends ClusterObjectProps {
  /** The object's `spec`, in the fields of the API; checked against the schema of the CRD. */
  readonly spec: S;
}

abstract class SpecObject<S> extends ClusterObject {
  /** The object's `spec`, as it was given. */
  readonly spec: S;

  constructor(scope: Construct, id: string, namespaced: boolean, props: SpecProps<S>, defaultNamespace?: string) {
    super(scope, id, namespaced, props, defaultNamespace);
    this.spec = props.spec;
  }

  protected body(): Readonly<Record<string, unknown>> {
    return { spec: this.spec };
  }
}

/** A named list of ranges that policies refer to by `cidrGroupRef`. */
export class CiliumCIDRGroup extends SpecObject<CidrGroupSpec> {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumCIDRGroup";
  constructor(scope: Construct, id: string, props: SpecProps<CidrGroupSpec>) {
    super(scope, id, false, props);
  }
}

/** Addresses that services of type LoadBalancer get. */
export class CiliumLoadBalancerIPPool extends SpecObject<LoadBalancerIpPoolSpec> {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumLoadBalancerIPPool";
  constructor(scope: Construct, id: string, props: SpecProps<LoadBalancerIpPoolSpec>) {
    super(scope, id, false, props);
  }
}

/** Which nodes announce which services on the local segment. */
export class CiliumL2AnnouncementPolicy extends SpecObject<L2AnnouncementPolicySpec> {
  readonly apiVersion = "cilium.io/v2alpha1";
  readonly kind = "CiliumL2AnnouncementPolicy";
  constructor(scope: Construct, id: string, props: SpecProps<L2AnnouncementPolicySpec>) {
    super(scope, id, false, props);
  }
}

/** BGP instances on nodes, and their peers. */
export class CiliumBGPClusterConfig extends SpecObject<BgpClusterConfigSpec> {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumBGPClusterConfig";
  constructor(scope: Construct, id: string, props: SpecProps<BgpClusterConfigSpec>) {
    super(scope, id, false, props);
  }
}

/** Session settings that several peers share. */
export class CiliumBGPPeerConfig extends SpecObject<BgpPeerConfigSpec> {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumBGPPeerConfig";
  constructor(scope: Construct, id: string, props: SpecProps<BgpPeerConfigSpec>) {
    super(scope, id, false, props);
  }
}

/** What is announced to peers whose config selects its labels. */
export class CiliumBGPAdvertisement extends SpecObject<BgpAdvertisementSpec> {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumBGPAdvertisement";
  constructor(scope: Construct, id: string, props: SpecProps<BgpAdvertisementSpec>) {
    super(scope, id, false, props);
  }
}

/** BGP settings of one node; the name of the object is that of the node. */
export class CiliumBGPNodeConfigOverride extends SpecObject<BgpNodeConfigOverrideSpec> {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumBGPNodeConfigOverride";
  constructor(scope: Construct, id: string, props: SpecProps<BgpNodeConfigOverrideSpec>) {
    super(scope, id, false, props);
  }
}

/** Which pods leave the cluster through which nodes. */
export class CiliumEgressGatewayPolicy extends SpecObject<EgressGatewayPolicySpec> {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumEgressGatewayPolicy";
  constructor(scope: Construct, id: string, props: SpecProps<EgressGatewayPolicySpec>) {
    super(scope, id, false, props);
  }
}

/** Agent settings for selected nodes; where several match, the alphabetically later object wins. */
export class CiliumNodeConfig extends SpecObject<NodeConfigSpec> {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumNodeConfig";
  constructor(scope: Construct, id: string, props: SpecProps<NodeConfigSpec>) {
    super(scope, id, true, props, "kube-system");
  }
}

/** Traffic for an address or service that goes to a pod on the same node. */
export class CiliumLocalRedirectPolicy extends SpecObject<LocalRedirectPolicySpec> {
  readonly apiVersion = "cilium.io/v2";
  readonly kind = "CiliumLocalRedirectPolicy";
  constructor(scope: Construct, id: string, props: SpecProps<LocalRedirectPolicySpec>) {
    super(scope, id, true, props);
  }
}

/** Any other object, e.g. a Service that a pool serves. Only name and namespace are checked. */
export interface KubernetesObjectProps extends ClusterObjectProps {
  /** Group and version, e.g. `apps/v1`; `v1` for the core group. */
  readonly apiVersion: string;
  /** Kind within the group, e.g. `Service`. */
  readonly kind: string;
  /** False for kinds without namespace. @default true */
  readonly namespaced?: boolean;
  /** All fields beside apiVersion, kind and metadata. @default - none */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** An object of any kind, written beside those of Cilium. */
export class KubernetesObject extends ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(scope: Construct, id: string, props: KubernetesObjectProps) {
    super(scope, id, props.namespaced ?? true, props);
    this.apiVersion = props.apiVersion;
    this.kind = props.kind;
    this.fields = props.fields ?? {};
  }

  protected body(): Readonly<Record<string, unknown>> {
    return this.fields;
  }
}
