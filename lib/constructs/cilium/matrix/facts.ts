import { type ValueTree, valuesDefaults } from "../data";
import { mergeValues, valueAt } from "../values/entries";
import { derivedFacts } from "./derived";

/** Stands for a fact that nobody stated. Not the same as `null`, which means "known to be unset". */
export const UNKNOWN = Symbol("unknown fact");

/** A fact by its path in the matrix, e.g. `values.bpf.masquerade` or `node.kernel`. */
export type FactLookup = (path: string) => unknown;

/** What is known of one node. Everything left out is unknown. */
export interface NodeFacts {
  readonly name: string;
  /** Kernel version, e.g. `6.12`. */
  readonly kernel?: string;
  /** Driver of the ports on the cluster's network, e.g. `ixgbe`. */
  readonly nicDriver?: string;
  /** Smallest MTU of the selected devices. */
  readonly mtu?: number;
  /** The NIC catalogue has the driver's MTU limit for XDP: then rule NL-040 judges it for each port. */
  readonly xdpLimitKnown?: boolean;
  readonly os?: "nixos" | "linux";
  /** Kernel modules that the host loads at boot. */
  readonly kernelModule?: readonly string[];
  readonly firewall?: {
    readonly checkReversePath?: boolean | string;
    readonly trustedInterfaces?: readonly string[];
  };
  /** Values by the last part of the sysctl name; null = left as the distribution has it. */
  readonly sysctl?: {
    readonly ip_local_port_range?: string;
    readonly rp_filter?: number;
    readonly tcp_congestion_control?: string | null;
    readonly default_qdisc?: string | null;
  };
}

/** What is known of the cluster as a whole. */
export interface ClusterFacts {
  readonly kubeProxy?: "absent" | "present";
  readonly distro?: "k3s" | "kubeadm" | "other";
  readonly nodes?: number;
  readonly nodesShareL2?: boolean;
  readonly deviceCount?: number;
  readonly podCIDR?: string;
  readonly nodeAndServiceCIDRs?: readonly string[];
  readonly k3sHelmController?: string;
}

/** All facts that the rules look at. */
export interface Facts {
  /** Helm values as written, without the chart's defaults. */
  readonly values: ValueTree;
  readonly cluster?: ClusterFacts;
  readonly delivery?: "helm" | "helmchart-crd" | "kubeadm" | "flux" | "argocd" | "template";
  readonly helmchart?: { readonly bootstrap: boolean; readonly failurePolicy: string };
  /** True when some policy filters layer 7 on egress. */
  readonly policy?: { readonly l7EgressOnPod?: boolean };
  /** externalTrafficPolicy of the announced services. */
  readonly service?: { readonly externalTrafficPolicy?: string };
  /** Value paths that change against what runs, and how the change is rolled out. */
  readonly change?: readonly string[];
  readonly plan?: "new-nodes" | "restart-pods" | "in-place";
}

/** Prepares the facts of a cluster; the result looks them up for one node, or for none. Values come with the chart's defaults. */
export function factLookup(facts: Facts): (node?: NodeFacts) => FactLookup {
  const values = mergeValues(valuesDefaults(), facts.values);
  // Nothing is acknowledged within the table itself: an acknowledged finding is taken out with its reason instead.
  const whole: ValueTree = { ...facts, derived: derivedFacts(values), ack: null };
  return (node = { name: "" }) => {
    const known: ValueTree = { ...whole, node };
    return (path) => {
      if (path.startsWith("values.")) return valueAt(values, path.slice("values.".length)) ?? null;
      const value = valueAt(known, path);
      return value === undefined ? UNKNOWN : value;
    };
  };
}
