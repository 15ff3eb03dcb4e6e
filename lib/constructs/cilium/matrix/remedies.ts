import type { RuleData } from "../data";

/** Stands before the ids of the matrix in messages and acknowledgements. */
export const RULE_PREFIX = "NL-CILIUM-";

/** How a violated rule is treated: an error stops synthesis, a warning is shown. */
export type Severity = "error" | "warning";

/** How to fix it, by rule. Props are those of CiliumCluster; paths are Helm values. */
const REMEDIES: Readonly<Record<string, string>> = {
  C01: "routing: Routing.vxlan() or Routing.geneve() instead of the value `tunnel`",
  C02: "kubeProxyReplacement: true or false",
  C03: "hubble: { relay: true, ui: true }",
  C04: "hubble: { relay: true } without hubble.enabled: false in extraValues",
  C05: "prometheus: { serviceMonitor: true }, which sets trustCRDsExist; install the Prometheus operator's CRDs first",
  C06: 'drop bpf.tproxy, or podDevice: "veth"',
  C07: "l7Proxy: true",
  C08: "clusterName: a lower-case DNS label of at most 32 characters",
  A01: 'masquerade: "ebpf" (or "none") and no bpf.hostLegacyRouting; else BandwidthManager.bbrForHostsOnly()',
  A02: "a kernel of 5.18 or newer on every node (Ubuntu 22.04 has 5.15: install its HWE kernel), or drop BBR",
  A03: "routing: Routing.geneve() with LoadBalancing.dsr(), or Routing.native(), or LoadBalancing.snat()",
  A04: 'LoadBalancing.dsrBy("geneve") without overriding tunnelProtocol',
  A05: 'routing: Routing.native({ cidr: "10.42.0.0/16" })',
  A06: 'routing: Routing.native({ cidr6: "fd00:10:42::/104" }), or fromClusterPool: true',
  A07: "Routing.native(), or drop autoDirectNodeRoutes",
  A08: 'Routing.native({ nodeRoutes: "direct-reachable" })',
  A09: 'masquerade: "ebpf" (or "none") and kubeProxyReplacement: true; or drop bigTcp',
  A10: "Encryption.wireguard(), or drop bigTcp",
  A11: "LoadBalancing.dsr() instead of dispatch ipip, or drop bigTcp",
  A12: 'a kernel of 6.8 or newer with CONFIG_NETKIT and masquerade: "ebpf"; or podDevice: "veth"',
  A13: 'masquerade: "ebpf" with kubeProxyReplacement: true, or drop installNoConntrackIptablesRules',
  A14: 'masquerade: "ebpf" with kubeProxyReplacement: true, or drop egressGateway',
  A15: 'Routing.geneve({ underlay: "ipv4" }), or drop xdp',
  A16: "LoadBalancing.snat(), .dsr() or .hybrid()",
  A17: "loadBalancing: …({ maglev: true }), or leave it out for random",
  A18: 'LoadBalancing.dsrBy("opt" | "geneve" | "ipip")',
  A19: 'xdp: "native" or "best-effort", or leave it out',
  A20: "LoadBalancing.dsr() or .snat() as the default beside bpf.lbModeAnnotation",
  A21: "maglev: { tableSize: 16381 }",
  A22: "load the module wireguard on every node (kernel 5.6 or newer)",
  A23: 'xdp: "best-effort", or a port whose driver has XDP',
  A24: "drop xdp, or an MTU within the driver's limit (Broadcom 3502), or a port with multi-buffer XDP (mlx5, ice)",
  A25: "an ip_local_port_range that ends at 30000 or above, or nodePortRange below it; keep nodePort.autoProtectPortRange",
  S01: "BandwidthManager.bbr()",
  S02: "Encryption.wireguard(), which sets encryption.enabled too",
  S03: "Encryption.wireguard()",
  S04: "Encryption.wireguard({ nodeEncryption: true })",
  S05: 'masquerade: "ebpf"',
  S06: "Encryption.wireguard(), or drop the bandwidth manager",
  S07: "drop bigTcp.ipv4, or use ports with mlx4, mlx5 or ice and a kernel of 6.3 or newer",
  S08: "podCidr6, ports with mlx4, mlx5 or ice, and a kernel of 5.19 or newer; or bigTcp: { ipv6: false }",
  W01: "apiServer: { host, port } that every node reaches without services (k3s: 127.0.0.1 and 6444)",
  W02: "k3s --disable-kube-proxy, kubeadm --skip-phases=addon/kube-proxy; or kubeProxyReplacement: false",
  W03: "a podCidr that overlaps no node, VPN or service network",
  W04: "ipam: Ipam.kubernetes(), or the podCidr that k3s was given as cluster-cidr",
  W05: "operator.replicas: 1 in extraValues, or drop the override",
  W06: 'nodes on one segment, or Routing.native({ nodeRoutes: "direct-reachable" }) with BGP for the rest',
  W07: "lower the MTU of the ports that carry host traffic by 95, or acknowledge with the reason why it does not matter",
  W08: "LoadBalancing.snat() or dispatch geneve without xdp; or acknowledge that entry traffic is not secret",
  W09: "no layer 7 egress rules on pods with kubernetes.io/egress-bandwidth",
  W10: "net.ipv4.conf.all.rp_filter = 0 (or 2) on every node",
  W11: 'hubble: { certificates: "cronJob" } or "certmanager"',
  W12: "l2Announcements: { services } (sets the client rate limit), with kubeProxyReplacement: true",
  W13: "externalTrafficPolicy: Cluster on announced services, or BGP",
  W14: 'networking.firewall.checkReversePath = "loose" and trustedInterfaces cilium_+ and lxc+ (the cluster sets both)',
  W15: "boot.kernelModules with the modules named (the cluster sets them)",
  W16: "bootstrap: true in the HelmChart, and a k3s from August 2024 or newer",
  W17: "failurePolicy: abort in the HelmChart",
  W18: "roll out with new nodes or a restart of all pods, node by node with CiliumNodeConfig",
  W19: "BandwidthManager.bbr() where the hosts run BBR; no other default_qdisc than fq",
};

export function remedyOf(id: string): string {
  return REMEDIES[id] ?? "";
}

/** Effects that leave a working cluster which merely does less than it could, or that need care in operation. */
const WARNINGS: ReadonlySet<string> = new Set([
  "silent-fallback",
  "pending-pod",
  "fragmentation",
  "no-rate-limit",
  "reinstall-risk",
  "restart-needed",
]);

/** Everything that kills an agent, cuts nodes off, leaves traffic readable or switches off what was asked for is an error. */
export function severityOf(rule: Pick<RuleData, "effect">): Severity {
  return WARNINGS.has(rule.effect) ? "warning" : "error";
}
