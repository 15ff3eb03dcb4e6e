import type { IHost, NetworkInterface } from "../../host";
import type { ValueTree } from "./data";
import type { Delivery } from "./delivery/delivery";
import type { CiliumIntent } from "./intent";

/** The network that carries the cluster's traffic; a `JumboFabric` is one. */
export interface IClusterNetwork {
  /** The port by which a host is attached, if it is. */
  portOf(host: IHost): NetworkInterface | undefined;
  /** Its MTU. @default - not known */
  readonly mtu?: {
    /** Largest IP packet in bytes. */
    readonly value: number;
  };
}

/** What runs now, so that changes which need new pods are seen. */
export interface RunningCluster {
  /** Values of the running release (`helm get values cilium -n kube-system -o json`). */
  readonly values: ValueTree;
  /** How the change is rolled out. @default - not stated, reported as unchecked */
  readonly rollout?: "new-nodes" | "restart-pods" | "in-place";
}

/** What makes a cluster, beside what is wanted of Cilium. */
export interface ClusterProps {
  /** All nodes. */
  readonly nodes: readonly IHost[];
  /** Nodes that run the control plane. @default - the first node */
  readonly servers?: readonly IHost[];
  /** Network between the nodes, one layer 2 segment. @default - the agents choose devices and addresses themselves */
  readonly on?: IClusterNetwork;
  /** How Cilium gets into the cluster. @default Delivery.k3s() */
  readonly delivery?: Delivery;
  /** Helm values beside those that the intent gives; they win. Unknown paths are an error. @default - none */
  readonly extraValues?: ValueTree;
  /** Paths of `extraValues` that are let through although the chart of this version does not know them. @default - none */
  readonly allowUnknownPaths?: readonly string[];
  /** Whether /etc of the hosts can be written to by Cilium. @default true */
  readonly writableEtc?: boolean;
  /** The release that runs now. @default - none, or not told */
  readonly running?: RunningCluster;
}

/** What makes a cluster, together with what is wanted of Cilium. */
export type CiliumClusterProps = ClusterProps & CiliumIntent;

/** The kernel's name of a port, where it is known; the id stands for it when neither name nor MAC is given. */
export function deviceName(port: NetworkInterface): string | undefined {
  return port.name ?? (port.mac === undefined ? port.id : undefined);
}
