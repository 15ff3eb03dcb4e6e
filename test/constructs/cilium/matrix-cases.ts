import {
  BandwidthManager,
  type CiliumCluster,
  CiliumNetworkPolicy,
  Delivery,
  Encryption,
  Ipam,
  KubernetesObject,
  LoadBalancing,
  Routing,
} from "../../../lib/constructs/cilium";
import type { Host } from "../../../lib/constructs/host";
import { nicModel } from "../../../lib/hardware";
import type { PartialProps, StackOptions } from "./support";

type Case = readonly [props: PartialProps, options?: StackOptions];

const MELLANOX: StackOptions = { nic: "connectx-5" };
const api = { apiServer: { host: "10.10.1.1" } };
const force = { because: "what an operator might write", priority: "force" } as const;
const extra = (extraValues: object): PartialProps => ({ extraValues }) as PartialProps;
const sysctl =
  (key: string, value: string) =>
  (_: CiliumCluster, hosts: readonly Host[]): void => {
    for (const host of hosts) host.sysctl(key, value, force);
  };
const service = (externalTrafficPolicy: string) => (cluster: CiliumCluster) => {
  const fields = { spec: { type: "LoadBalancer", externalTrafficPolicy } };
  new KubernetesObject(cluster, "web", { apiVersion: "v1", kind: "Service", fields });
};
const httpEgress = (cluster: CiliumCluster): void => {
  const toPorts = [{ ports: [{ port: "80" }], rules: { http: [{}] } }];
  new CiliumNetworkPolicy(cluster, "l7", { spec: { endpointSelector: {}, egress: [{ toPorts }] } });
};

/** For each rule a stack that trips it and one that is close to it and does not. */
export const CASES: Readonly<Record<string, readonly [trips: Case, clean: Case]>> = {
  C01: [[{ ...extra({ tunnel: "vxlan" }), allowUnknownPaths: ["tunnel"] }], [{ routing: Routing.vxlan() }]],
  C02: [[extra({ kubeProxyReplacement: "strict" })], [{}]],
  C03: [[extra({ hubble: { ui: { enabled: true } } })], [{ hubble: { relay: true, ui: true } }]],
  C04: [[{ hubble: { relay: true }, ...extra({ hubble: { enabled: false } }) }], [{ hubble: { relay: true } }]],
  C05: [[extra({ prometheus: { serviceMonitor: { enabled: true } } })], [{ prometheus: { serviceMonitor: true } }]],
  C06: [[{ podDevice: "netkit", ...extra({ bpf: { tproxy: true } }) }], [extra({ bpf: { tproxy: true } })]],
  C07: [
    [{ l7Proxy: false, ...extra({ ingressController: { enabled: true } }) }],
    [extra({ ingressController: { enabled: true } })],
  ],
  C08: [[{ clusterName: "Bad_Name" }], [{ clusterName: "lab" }]],
  A01: [
    [{ bandwidthManager: BandwidthManager.bbr(), ...extra({ bpf: { hostLegacyRouting: true } }) }],
    [{ bandwidthManager: BandwidthManager.bbr() }],
  ],
  A02: [
    [{ bandwidthManager: BandwidthManager.bbr() }, { host: { kernel: "5.15" } }],
    [{ bandwidthManager: BandwidthManager.bbr() }],
  ],
  A03: [
    [{ routing: Routing.geneve(), loadBalancing: LoadBalancing.dsr(), ...extra({ tunnelProtocol: "vxlan" }) }],
    [{ routing: Routing.geneve(), loadBalancing: LoadBalancing.dsr() }],
  ],
  A04: [
    [
      {
        routing: Routing.native(),
        loadBalancing: LoadBalancing.dsrBy("geneve"),
        ...extra({ tunnelProtocol: "vxlan" }),
      },
    ],
    [{ routing: Routing.native(), loadBalancing: LoadBalancing.dsrBy("geneve") }],
  ],
  A05: [[{ routing: Routing.native(), ...extra({ ipv4NativeRoutingCIDR: "" }) }], [{ routing: Routing.native() }]],
  A06: [
    [{ routing: Routing.native(), podCidr6: "fd00:10:42::/56", ...extra({ ipv6NativeRoutingCIDR: "" }) }],
    [{ routing: Routing.native(), podCidr6: "fd00:10:42::/56" }],
  ],
  A07: [[{ routing: Routing.vxlan(), ...extra({ autoDirectNodeRoutes: true }) }], [{ routing: Routing.native() }]],
  A08: [
    [{ routing: Routing.native({ nodeRoutes: "external" }), ...extra({ directRoutingSkipUnreachable: true }) }],
    [{ routing: Routing.native({ nodeRoutes: "direct-reachable" }) }],
  ],
  A09: [
    [{ bigTcp: {}, ...extra({ bpf: { hostLegacyRouting: true } }) }, MELLANOX],
    [{ bigTcp: {} }, MELLANOX],
  ],
  A10: [
    [{ bigTcp: {}, ...extra({ encryption: { enabled: true, type: "ipsec" } }) }, MELLANOX],
    [{ bigTcp: {}, encryption: Encryption.wireguard() }, MELLANOX],
  ],
  A11: [
    [{ routing: Routing.native(), bigTcp: {}, loadBalancing: LoadBalancing.dsrBy("ipip") }, MELLANOX],
    [{ routing: Routing.native(), bigTcp: {}, loadBalancing: LoadBalancing.dsr() }, MELLANOX],
  ],
  A12: [[{ podDevice: "netkit" }, { host: { kernel: "6.1" } }], [{ podDevice: "netkit" }]],
  A13: [
    [{ masquerade: "iptables", ...extra({ installNoConntrackIptablesRules: true }) }],
    [extra({ installNoConntrackIptablesRules: true })],
  ],
  A14: [[{ masquerade: "none", egressGateway: true }], [{ egressGateway: true }]],
  A15: [
    [
      { routing: Routing.geneve({ underlay: "ipv6" }), loadBalancing: LoadBalancing.snat({ xdp: "native" }) },
      { mtu: 1500 },
    ],
    [{ routing: Routing.geneve(), loadBalancing: LoadBalancing.snat({ xdp: "native" }) }, { mtu: 1500 }],
  ],
  A16: [[extra({ loadBalancer: { mode: "turbo" } })], [{ loadBalancing: LoadBalancing.snat() }]],
  A17: [
    [extra({ loadBalancer: { algorithm: "round-robin" } })],
    [{ loadBalancing: LoadBalancing.snat({ maglev: true }) }],
  ],
  A18: [
    [extra({ loadBalancer: { dsrDispatch: "option" } })],
    [{ routing: Routing.native(), loadBalancing: LoadBalancing.hybrid() }],
  ],
  A19: [
    [extra({ loadBalancer: { acceleration: "turbo" } })],
    [{ loadBalancing: LoadBalancing.snat({ xdp: "best-effort" }) }],
  ],
  A20: [
    [
      {
        routing: Routing.native(),
        loadBalancing: LoadBalancing.hybrid(),
        ...extra({ bpf: { lbModeAnnotation: true } }),
      },
    ],
    [{ routing: Routing.native(), loadBalancing: LoadBalancing.dsr(), ...extra({ bpf: { lbModeAnnotation: true } }) }],
  ],
  A21: [
    [extra({ maglev: { tableSize: 1000 } })],
    [{ loadBalancing: LoadBalancing.snat({ maglev: { tableSize: 65521 } }) }],
  ],
  A23: [
    [
      { loadBalancing: LoadBalancing.snat({ xdp: "native" }) },
      { mtu: 1500, nic: "none", host: { interfaces: [portWith("i350")] }, nodes: 1 },
    ],
    [{ loadBalancing: LoadBalancing.snat({ xdp: "native" }) }, { mtu: 1500 }],
  ],
  A24: [
    // The NIC catalogue has no limit of this card; where it has one, NL-040 judges.
    [
      { loadBalancing: LoadBalancing.snat({ xdp: "native" }) },
      { mtu: 9000, nic: "none", host: { interfaces: [portWith("bcm57414")] }, nodes: 1 },
    ],
    [{ loadBalancing: LoadBalancing.snat({ xdp: "native" }) }, { mtu: 9000, nic: "connectx-5" }],
  ],
  A25: [[{}, { also: sysctl("net.ipv4.ip_local_port_range", "1024 29999") }], [{}]],
  S01: [[extra({ bandwidthManager: { bbr: true } })], [{ bandwidthManager: BandwidthManager.bbr() }]],
  S02: [[extra({ encryption: { type: "wireguard" } })], [{ encryption: Encryption.wireguard() }]],
  S03: [[extra({ encryption: { enabled: true, type: "wg" } })], [{ encryption: Encryption.wireguard() }]],
  S04: [
    [extra({ encryption: { nodeEncryption: true } })],
    [{ encryption: Encryption.wireguard({ nodeEncryption: true }) }],
  ],
  S05: [[{ masquerade: "iptables" }], [{ masquerade: "ebpf" }]],
  S06: [
    [{ bandwidthManager: BandwidthManager.cubic(), ...extra({ encryption: { enabled: true, type: "ipsec" } }) }],
    [{ bandwidthManager: BandwidthManager.cubic(), encryption: Encryption.wireguard() }],
  ],
  S07: [[{ bigTcp: {} }], [{ bigTcp: {} }, MELLANOX]],
  S08: [
    [{ bigTcp: { ipv4: false, ipv6: true } }, MELLANOX],
    [{ podCidr6: "fd00:10:42::/56", bigTcp: {} }, MELLANOX],
  ],
  S09: [[extra({ bandwithManager: { enabled: true } })], [extra({ bandwidthManager: { enabled: true } })]],
  W01: [
    [{ delivery: Delivery.helm({ kubeProxy: "absent" }) }],
    [{ delivery: Delivery.helm({ kubeProxy: "absent", ...api }) }],
  ],
  W02: [
    [{ delivery: Delivery.helm({ kubeProxy: "present", ...api }) }],
    [{ delivery: Delivery.helm({ kubeProxy: "absent", ...api }) }],
  ],
  W03: [
    [{ podCidr: "10.0.0.0/8", delivery: Delivery.helm({ kubeProxy: "absent", ...api }) }],
    [{ podCidr: "10.42.0.0/16", delivery: Delivery.helm({ kubeProxy: "absent", ...api }) }],
  ],
  W04: [[{ ipam: Ipam.clusterPool({ ipv4: ["10.99.0.0/16"] }) }], [{ ipam: Ipam.clusterPool() }]],
  W05: [
    [extra({ operator: { replicas: 2 } }), { nodes: 1 }],
    [{}, { nodes: 1 }],
  ],
  W06: [
    [{ routing: Routing.native() }, { onFabric: false, lans: ["left", "right"] }],
    [{ routing: Routing.native() }, { onFabric: false, lans: ["one", "one"] }],
  ],
  W07: [[{ encryption: Encryption.wireguard({ nodeEncryption: true }) }], [{ encryption: Encryption.wireguard() }]],
  W08: [
    [{ routing: Routing.native(), encryption: Encryption.wireguard(), loadBalancing: LoadBalancing.dsr() }],
    [{ routing: Routing.native(), encryption: Encryption.wireguard(), loadBalancing: LoadBalancing.snat() }],
  ],
  W09: [
    [{ bandwidthManager: BandwidthManager.bbr() }, { also: httpEgress }],
    [{ bandwidthManager: BandwidthManager.bbr() }],
  ],
  W10: [
    [
      { routing: Routing.native(), loadBalancing: LoadBalancing.dsr(), devices: ["exp0", "exp1"] },
      { also: sysctl("net.ipv4.conf.all.rp_filter", "1") },
    ],
    [{ routing: Routing.native(), loadBalancing: LoadBalancing.dsr(), devices: ["exp0", "exp1"] }],
  ],
  W11: [
    [{ hubble: { certificates: "helm" }, delivery: Delivery.argocd({ kubeProxy: "absent", ...api }) }],
    [{ delivery: Delivery.argocd({ kubeProxy: "absent", ...api }) }],
  ],
  W12: [[{ l2Announcements: {}, ...extra({ k8sClientRateLimit: { qps: null } }) }], [{ l2Announcements: {} }]],
  W13: [
    [{ l2Announcements: {} }, { also: service("Local") }],
    [{ l2Announcements: {} }, { also: service("Cluster") }],
  ],
  W14: [
    [{}, { nixos: true, also: (_, hosts) => hosts[0]!.nixos("networking.firewall.checkReversePath", true, force) }],
    [{}, { nixos: true }],
  ],
  W16: [
    [{ delivery: Delivery.k3s({ helmController: "0.15.9" }) }],
    [{ delivery: Delivery.k3s({ helmController: "0.16.1" }) }],
  ],
  W18: [
    [{ routing: Routing.native(), running: { values: { routingMode: "tunnel" }, rollout: "in-place" } }],
    [{ routing: Routing.native(), running: { values: { routingMode: "tunnel" }, rollout: "restart-pods" } }],
  ],
  W19: [
    [{ bandwidthManager: BandwidthManager.cubic() }, { also: sysctl("net.ipv4.tcp_congestion_control", "bbr") }],
    [{ bandwidthManager: BandwidthManager.bbr() }, { also: sysctl("net.ipv4.tcp_congestion_control", "bbr") }],
  ],
};

function portWith(nic: string) {
  return { id: "exp0", name: "eno1", addresses: ["10.10.1.1/24"], nic: nicModel(nic) };
}
