import { defineProblem, defineReport, type Problem } from "../../errors";
import type { IHost, NetworkInterface } from "../../host";
import type { ValueTree } from "./data";
import { type CiliumClusterProps, deviceName } from "./props";
import { apiServerOf, type Delivery } from "./delivery/delivery";
import { type DerivedFacts, derivedFacts } from "./matrix/derived";
import { kernelNeeded } from "./matrix/kernel-needed";
import { type NodePort, nodePorts } from "./matrix/ports";
import { buildValues, DEFAULT_POD_CIDR } from "./values/build";
import { mergeValues, valueAt } from "./values/entries";
import { pathProblems } from "./values/paths";
import { valuesSchemaProblems } from "./schema";
import { valuesDefaults } from "./data";

const UNKNOWN_DEVICES = defineReport("NL-CILIUM-DEVICES", "The agents know the devices of the cluster's network");
const NO_IPV6 = defineReport("NL-CILIUM-IPV6", "Pods have IPv6 where all nodes have it");
const SERVERS = defineProblem("NL-CILIUM-NODES", "A cluster has a server, and its servers are among its nodes");
const OFF_NETWORK = defineProblem("NL-CILIUM-OFF-NETWORK", "Nodes are attached to the cluster's network");
const POD_RANGE = defineReport("NL-CILIUM-POD-CIDR", "The pod range has room for all nodes");

/** One node of the cluster and its port on the cluster's network. */
export interface PlannedNode {
  readonly host: IHost;
  readonly role: "server" | "agent";
  readonly port?: NetworkInterface;
  /** Its IPv4 address on the cluster's network. @default - none, or not known */
  readonly address?: string;
  /** Its IPv6 address there. @default - none, or not known */
  readonly address6?: string;
}

/** Everything that follows from the props; computed anew for each synthesis, because hosts may have got features since. */
export interface ClusterPlan {
  readonly values: ValueTree;
  /** Values with the chart's defaults below them. */
  readonly complete: ValueTree;
  /** Path → reason of the values that the intent gave. */
  readonly reasons: ReadonlyMap<string, string>;
  readonly derived: DerivedFacts;
  readonly ports: readonly NodePort[];
  readonly nodes: readonly PlannedNode[];
  /** The nodes that run the control plane; the first of them starts the cluster. */
  readonly servers: readonly PlannedNode[];
  readonly nodeOf: ReadonlyMap<IHost, PlannedNode>;
  /** The oldest kernel that everything asked for runs on. */
  readonly kernel: ReturnType<typeof kernelNeeded>;
  readonly podCidr: string;
  readonly delivery: Delivery;
}

/** Computes the plan of a cluster. Throws on CIDRs and names that are none; all else is in {@link planProblems}. */
export function planCluster(path: string, props: CiliumClusterProps): ClusterPlan {
  const delivery: Delivery = props.delivery ?? { kind: "k3s", options: {} };
  const nodes = plannedNodes(path, props);
  const entries = buildValues(props, {
    apiServer: apiServerOf(delivery),
    nodes: nodes.length,
    devices: devicesOf(nodes),
    defaultIpam: delivery.kind === "k3s" || delivery.kind === "kubeadm" ? "kubernetes" : "cluster-pool",
    writableEtc: props.writableEtc,
  });
  const values = mergeValues(entries.toTree(), props.extraValues ?? {});
  const complete = mergeValues(valuesDefaults(), values);
  return {
    values,
    complete,
    reasons: entries.reasons(),
    derived: derivedFacts(complete),
    ports: nodePorts(values),
    nodes,
    servers: nodes.filter(({ role }) => role === "server"),
    nodeOf: new Map(nodes.map((node) => [node.host, node])),
    kernel: kernelNeeded(values),
    podCidr: props.podCidr ?? DEFAULT_POD_CIDR,
    delivery,
  };
}

/** What is wrong with the values themselves, and with what the plan could not find out. */
export function planProblems(plan: ClusterPlan, props: CiliumClusterProps): readonly Problem[] {
  return [
    ...pathProblems(plan.values, props.allowUnknownPaths),
    ...valuesSchemaProblems(plan.values),
    ...deviceProblems(plan),
    ...roomProblems(plan),
    ...familyProblems(plan, props),
  ];
}

/** The agent picks devices by itself, and the control port with them: its 1500 bytes then bind every pod. */
function deviceProblems({ nodes, complete }: ClusterPlan): readonly Problem[] {
  const devices = valueAt(complete, "devices");
  if (Array.isArray(devices) ? devices.length > 0 : Boolean(devices)) return [];
  const nameless = nodes.filter(({ port }) => port !== undefined && deviceName(port) === undefined);
  if (nameless.length === 0) return [];
  return [
    {
      code: UNKNOWN_DEVICES.id,
      what: "the kernel names of the cluster's ports are not known, so the agents would also take the control port, and its MTU for all pods",
      value: nameless.map(({ host, port }) => `${host.hostName}: ${port!.id}`),
      allowed: "names, or a wildcard such as enp+",
      remedy: `devices: ["enp94s0f0"], or interfaces: [{ id: "exp0", name: "enp94s0f0", … }]`,
    },
  ];
}

/** Every node takes a share of the pod range: a /24 unless stated otherwise. */
function roomProblems({ nodes, podCidr, complete }: ClusterPlan): readonly Problem[] {
  const mask = Number(valueAt(complete, "ipam.operator.clusterPoolIPv4MaskSize")) || 24;
  const room = 2 ** (mask - Number(podCidr.split("/")[1]));
  if (room >= nodes.length) return [];
  return [
    {
      code: POD_RANGE.id,
      what: `the pod range has room for ${Math.floor(room)} nodes of a /${mask} each, but the cluster has ${nodes.length}`,
      value: podCidr,
      allowed: `a range of at most /${mask - Math.ceil(Math.log2(nodes.length))}`,
    },
  ];
}

/** Kubernetes runs with two families only where every node has an address of each. */
function familyProblems({ nodes }: ClusterPlan, { podCidr6 }: CiliumClusterProps): readonly Problem[] {
  const without = nodes.filter(({ port, address6 }) => port !== undefined && address6 === undefined);
  if (podCidr6 === undefined || without.length === 0) return [];
  return [
    {
      code: NO_IPV6.id,
      what: "pods shall have IPv6, but not every node has an IPv6 address on the cluster's network, so the kubelets would not start",
      value: without.map(({ host }) => host.hostName),
      allowed: "an IPv4 and an IPv6 address on the port of every node",
      remedy: `addresses: ["10.10.1.1/24", "fd00:10:10::1/64"], or no podCidr6`,
    },
  ];
}

function plannedNodes(path: string, props: CiliumClusterProps): readonly PlannedNode[] {
  const servers = props.servers ?? props.nodes.slice(0, 1);
  const stranger = servers.find((server) => !props.nodes.includes(server));
  if (props.nodes.length === 0 || servers.length === 0 || stranger !== undefined) {
    throw SERVERS({
      path,
      ...(stranger !== undefined && { others: [stranger.node.path] }),
      what: stranger === undefined ? "a cluster needs at least one server" : "a server must be one of the nodes",
      allowed: "nodes: all hosts of the cluster; servers: those that run the control plane",
    });
  }
  const controlPlane = new Set(servers);
  return props.nodes.map((host) => {
    const port = portOn(path, props, host);
    return {
      host,
      role: controlPlane.has(host) ? "server" : "agent",
      port,
      address: addressOf(port, 4),
      address6: addressOf(port, 6),
    };
  });
}

function addressOf(port: NetworkInterface | undefined, family: 4 | 6): string | undefined {
  return port?.addresses.find(({ address }) => address.family === family)?.address.toString();
}

function portOn(path: string, { on }: CiliumClusterProps, host: IHost): NetworkInterface | undefined {
  if (on === undefined) return undefined;
  const port = on.portOf(host);
  if (port !== undefined) return port;
  throw OFF_NETWORK({
    path,
    others: [host.node.path],
    what: `${host.hostName} is a node of the cluster but not attached to the cluster's network`,
    allowed: "every node attached to the network in `on`",
    remedy: "fabric.attach(host) before the cluster is made",
  });
}

/** Names of all ports; none when one of them is unknown, since a list would then leave that node without device. */
function devicesOf(nodes: readonly PlannedNode[]): readonly string[] | undefined {
  const names = nodes.map(({ port }) => (port === undefined ? undefined : deviceName(port)));
  return names.every((name) => name !== undefined) ? [...new Set(names)].sort() : undefined;
}
