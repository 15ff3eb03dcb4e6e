import { defineProblem } from "../../../errors";
import { Cidr } from "../../../net";
import type { CiliumIntent, Ipam } from "../intent";
import { dispatchOf } from "./derived";
import { ValueEntries } from "./entries";
import { setServices } from "./services";
import { setTraffic } from "./traffic";

const RANGE_FAMILY = defineProblem("NL-CILIUM-CIDR", "A range has the address family that it is given for");

/** What the values depend on beside the intent. */
export interface ValuesContext {
  /** How agents reach the API server without kube-proxy. @default - not stated */
  readonly apiServer?: { readonly host: string; readonly port: number };
  /** Number of nodes. @default - unknown */
  readonly nodes?: number;
  /** Device names on the cluster's network. @default - the agent chooses */
  readonly devices?: readonly string[];
  /** IPAM where the intent does not say. @default "cluster-pool" */
  readonly defaultIpam?: "kubernetes" | "cluster-pool";
  /** False where the host's /etc is read-only. @default true */
  readonly writableEtc?: boolean;
}

export const DEFAULT_POD_CIDR = "10.42.0.0/16";

/** The Helm values for an intent, each with its reason. Pure; throws on CIDRs that are none. */
export function buildValues(intent: CiliumIntent, context: ValuesContext = {}): ValueEntries {
  const values = new ValueEntries();
  const replaced = intent.kubeProxyReplacement ?? true;
  if (replaced) {
    values.set("kubeProxyReplacement", true, "services are handled in eBPF, kube-proxy is absent");
    values.set("k8sServiceHost", context.apiServer?.host, "the service address of the API works only once Cilium runs");
    values.set("k8sServicePort", context.apiServer?.port, "port of the API server that k8sServiceHost reaches");
  }
  setMasquerade(values, intent, replaced);
  setIpam(values, intent, context);
  setRouting(values, intent);
  setTraffic(values, intent);
  setServices(values, intent);
  setFeatures(values, intent, context);
  return values;
}

function setMasquerade(values: ValueEntries, intent: CiliumIntent, replaced: boolean): void {
  const masquerade = intent.masquerade ?? (replaced ? "ebpf" : "iptables");
  if (masquerade === "ebpf")
    values.set("bpf.masquerade", true, "eBPF host routing needs it; with iptables it falls back to the kernel's path");
  if (masquerade === "none") {
    values.set("enableIPv4Masquerade", false, "pod addresses are routed outside the cluster");
    values.set("enableIPv6Masquerade", false, "pod addresses are routed outside the cluster");
  }
}

function setIpam(values: ValueEntries, intent: CiliumIntent, context: ValuesContext): void {
  const ipam: Ipam = intent.ipam ?? { kind: context.defaultIpam ?? "cluster-pool", options: {} };
  const six = intent.podCidr6 === undefined ? undefined : cidr("podCidr6", intent.podCidr6, 6);
  if (six !== undefined) values.set("ipv6.enabled", true, "the cluster has an IPv6 pod CIDR");
  if (ipam.kind === "kubernetes") {
    values.set("ipam.mode", "kubernetes", "every node uses the range that Kubernetes gave it");
    return;
  }
  const { options } = ipam;
  const four = options.ipv4?.map((text) => cidr("ipam", text, 4)) ?? [podCidr(intent)];
  const because = "the chart's pool 10.0.0.0/8 would swallow node and VPN networks";
  values.set("ipam.operator.clusterPoolIPv4PodCIDRList", four, because);
  values.set("ipam.operator.clusterPoolIPv4MaskSize", options.ipv4MaskSize, "size of a node's share, as stated");
  const pools6 = options.ipv6?.map((text) => cidr("ipam", text, 6)) ?? (six === undefined ? undefined : [six]);
  values.set("ipam.operator.clusterPoolIPv6PodCIDRList", pools6, "the IPv6 pod range as stated");
  values.set("ipam.operator.clusterPoolIPv6MaskSize", options.ipv6MaskSize, "size of a node's share, as stated");
}

function setRouting(values: ValueEntries, intent: CiliumIntent): void {
  const { routing } = intent;
  if (routing === undefined) return;
  if (routing.kind !== "native") {
    values.set("routingMode", "tunnel", "pod packets travel in a tunnel between nodes");
    values.set("tunnelProtocol", routing.kind, `the tunnel is ${routing.kind === "geneve" ? "Geneve" : "VXLAN"}`);
    values.set("tunnelPort", routing.options.port, "UDP port of the tunnel as stated");
    values.set("underlayProtocol", routing.options.underlay, "address family between nodes as stated");
    return;
  }
  const { cidr: four, cidr6: six, fromClusterPool, nodeRoutes } = routing.options;
  values.set("routingMode", "native", "pod packets travel as they are: no overhead, full MTU");
  const masqueraded = intent.masquerade !== "none";
  if (fromClusterPool === true) {
    values.set("nativeRoutingCIDRFromClusterPool", true, "the ranges that are not masqueraded are those of the pool");
  } else if (masqueraded || four !== undefined) {
    const because = "traffic inside this range is not masqueraded; without it the agent exits";
    values.set("ipv4NativeRoutingCIDR", four === undefined ? podCidr(intent) : cidr("routing", four, 4), because);
    const range6 = six ?? intent.podCidr6;
    if (range6 !== undefined) values.set("ipv6NativeRoutingCIDR", cidr("routing", range6, 6), because);
  }
  if (nodeRoutes === "external") return;
  values.set("autoDirectNodeRoutes", true, "nodes share a segment, so each can route to the pods of the others");
  if (nodeRoutes === "direct-reachable")
    values.set("directRoutingSkipUnreachable", true, "nodes that are not neighbours are reached by other routes");
  if (dispatchOf(intent) === "geneve")
    values.set("tunnelProtocol", "geneve", "Geneve as DSR dispatch needs the tunnel protocol even with native routing");
}

function setFeatures(values: ValueEntries, intent: CiliumIntent, context: ValuesContext): void {
  const devices = intent.devices ?? context.devices;
  if (devices !== undefined && devices.length > 0)
    values.set("devices", [...devices], "the experiment ports; left alone the agent takes the control port too");
  values.set("MTU", intent.mtu, "underlay MTU as stated");
  values.set("cluster.name", intent.clusterName, "name of the cluster as stated");
  values.set("policyEnforcementMode", intent.policyEnforcement, "as stated");
  values.set("hostFirewall.enabled", intent.hostFirewall, "policies may select nodes");
  values.set("localRedirectPolicies.enabled", intent.localRedirect, "local redirect policies are used");
  values.set("l7Proxy", intent.l7Proxy, "layer 7 rules as stated");
  values.set("bgpControlPlane.enabled", intent.bgp, "routes are exchanged by BGP");
  if (context.nodes === 1)
    values.set("operator.replicas", 1, "a second replica would stay Pending: replicas refuse to share a node");
  if (context.writableEtc === false)
    values.set("sysctlfix.enabled", false, "/etc is read-only; rp_filter is set by the host's own configuration");
  setObservability(values, intent);
}

function setObservability(values: ValueEntries, intent: CiliumIntent): void {
  const { hubble, prometheus } = intent;
  if (hubble === false) values.set("hubble.enabled", false, "no flow visibility wanted");
  else {
    const method = hubble?.certificates ?? "cronJob";
    values.set("hubble.tls.auto.method", method, "method helm draws new certificates at every rendering");
    values.set("hubble.relay.enabled", hubble?.relay, "flows of all nodes at one address");
    values.set("hubble.ui.enabled", hubble?.ui, "user interface as stated");
    if (hubble?.metrics !== undefined && hubble.metrics.length > 0)
      values.set("hubble.metrics.enabled", [...hubble.metrics], "metrics of flows as stated");
  }
  if (prometheus === undefined || prometheus === false) return;
  values.set("prometheus.enabled", true, "metrics of the agents on port 9962");
  if (prometheus === true || prometheus.serviceMonitor !== true) return;
  const because = "the Prometheus operator finds the agents by it";
  values.set("prometheus.serviceMonitor.enabled", true, because);
  values.set("prometheus.serviceMonitor.trustCRDsExist", true, "offline rendering cannot see the CRDs");
}

function podCidr(intent: CiliumIntent): string {
  return cidr("podCidr", intent.podCidr ?? DEFAULT_POD_CIDR, 4);
}

function cidr(prop: string, text: string, family: 4 | 6): string {
  const parsed = Cidr.parse(text);
  if (parsed.family !== family) {
    throw RANGE_FAMILY({
      what: `${prop} wants an IPv${family} range`,
      value: text,
      allowed: family === 4 ? "10.42.0.0/16" : "fd00:10:42::/104",
    });
  }
  return parsed.toString();
}
