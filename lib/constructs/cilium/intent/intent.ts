import type { Ipam } from "./ipam";
import type { DsrLoadBalancing, LoadBalancing, SnatLoadBalancing } from "./load-balancing";
import type { Hubble, Prometheus } from "./observability";
import type { GeneveRouting, NativeRouting, Routing, VxlanRouting } from "./routing";
import type { BandwidthManager, BigTcp, BpfTuning, L2Announcements, WireGuardEncryption } from "./traffic";

/** Routing and load balancing that go together: DSR never with VXLAN, and through a Geneve tunnel only by Geneve. */
export type RoutedServices =
  | {
      /** Packets between nodes as they are. */
      readonly routing: NativeRouting;
      /** How service traffic from outside is spread, any way. @default LoadBalancing.snat() - Cilium's */
      readonly loadBalancing?: LoadBalancing;
    }
  | {
      /** Packets between nodes inside Geneve. */
      readonly routing: GeneveRouting;
      /** How service traffic from outside is spread; DSR only by Geneve itself. @default LoadBalancing.snat() - Cilium's */
      readonly loadBalancing?: SnatLoadBalancing | DsrLoadBalancing<"auto" | "geneve">;
    }
  | {
      /** Packets between nodes inside VXLAN. @default Routing.vxlan() - Cilium's */
      readonly routing?: VxlanRouting;
      /** How service traffic from outside is spread; VXLAN has no room for DSR. @default LoadBalancing.snat() - Cilium's */
      readonly loadBalancing?: SnatLoadBalancing;
    };

/** Services and masquerading in eBPF: everything that needs eBPF host routing can be asked for. */
export type EbpfDatapath = RoutedServices & {
  /** Services are handled in eBPF and kube-proxy is absent. @default true */
  readonly kubeProxyReplacement?: true;
  /** Who rewrites pod addresses of traffic that leaves the cluster. @default "ebpf" */
  readonly masquerade?: "ebpf" | "none";
  /** Pacing and congestion control. @default - off */
  readonly bandwidthManager?: BandwidthManager;
  /** Large segments. @default - off */
  readonly bigTcp?: BigTcp;
  /** Device pair between pod and host; netkit (beta, Linux 6.8) removes one hop through the stack. @default "veth" */
  readonly podDevice?: "veth" | "netkit" | "netkit-l2" | "auto";
  /** Lets chosen pods leave the cluster through chosen nodes. Needs IPv4 masquerading. @default false */
  readonly egressGateway?: boolean;
  /** Announce service addresses on the local segment. @default - off */
  readonly l2Announcements?: L2Announcements;
};

/** Services in eBPF but masquerading by iptables: host routing is the kernel's, so BBR for pods, netkit and BIG TCP are out. */
export type IptablesDatapath = RoutedServices & {
  /** Services are handled in eBPF and kube-proxy is absent. @default true */
  readonly kubeProxyReplacement?: true;
  /** iptables rewrites pod addresses of traffic that leaves the cluster. */
  readonly masquerade: "iptables";
  /** Pacing and congestion control; BBR for the hosts' own sockets only. @default - off */
  readonly bandwidthManager?: BandwidthManager<"bbr-hosts" | "cubic">;
  /** Not here: it needs eBPF host routing. @default - off */
  readonly bigTcp?: never;
  /** Device pair between pod and host; netkit needs eBPF host routing. @default "veth" */
  readonly podDevice?: "veth";
  /** Not here: it needs eBPF masquerading. @default false */
  readonly egressGateway?: false;
  /** Announce service addresses on the local segment. @default - off */
  readonly l2Announcements?: L2Announcements;
};

/** kube-proxy keeps handling services: Cilium's load balancing and all that hangs on it are out. */
export type KubeProxyDatapath = {
  /** How packets get from node to node. @default Routing.vxlan() - Cilium's */
  readonly routing?: Routing;
  /** kube-proxy runs and handles services. */
  readonly kubeProxyReplacement: false;
  /** Who rewrites pod addresses of traffic that leaves the cluster. @default "iptables" */
  readonly masquerade?: "iptables" | "none";
  /** Not here: kube-proxy spreads service traffic. @default - left to kube-proxy */
  readonly loadBalancing?: never;
  /** Pacing and congestion control; BBR for the hosts' own sockets only. @default - off */
  readonly bandwidthManager?: BandwidthManager<"bbr-hosts" | "cubic">;
  /** Not here: it needs eBPF host routing. @default - off */
  readonly bigTcp?: never;
  /** Device pair between pod and host; netkit needs eBPF host routing. @default "veth" */
  readonly podDevice?: "veth";
  /** Not here: it needs services and masquerading in eBPF. @default false */
  readonly egressGateway?: false;
  /** Not here: Cilium announces only services that it handles itself. @default - off */
  readonly l2Announcements?: never;
};

/** How packets and services are handled: in eBPF, in eBPF with iptables masquerading, or with kube-proxy. */
export type Datapath = EbpfDatapath | IptablesDatapath | KubeProxyDatapath;

/** What can be wanted independently of the data path. */
export interface ClusterFeatures {
  /** IPv4 range of the pods. Must not overlap node, service or VPN networks. @default "10.42.0.0/16" */
  readonly podCidr?: string;
  /** IPv6 range of the pods; turns IPv6 on. @default - IPv4 only */
  readonly podCidr6?: string;
  /** Who hands out pod addresses. @default - Kubernetes with k3s and kubeadm, else a cluster pool of the pod CIDR */
  readonly ipam?: Ipam;
  /** Encryption between nodes. @default - none */
  readonly encryption?: WireGuardEncryption;
  /** BGP control plane; peers and routes are given as objects. @default false */
  readonly bgp?: boolean;
  /** Flow visibility, or false for none. @default - on each node, without relay */
  readonly hubble?: Hubble | false;
  /** Metrics of the agents. @default - off */
  readonly prometheus?: Prometheus | boolean;
  /** Policies for the nodes themselves. @default false */
  readonly hostFirewall?: boolean;
  /** Lets CiliumLocalRedirectPolicy send traffic to a pod on the same node. @default false */
  readonly localRedirect?: boolean;
  /** Layer 7 and DNS rules in policies, Ingress and Gateway API. Off saves the Envoy DaemonSet. @default true */
  readonly l7Proxy?: boolean;
  /** What happens to pods that no policy selects. @default "default" - allowed until selected */
  readonly policyEnforcement?: "default" | "always" | "never";
  /** Tuning of the eBPF maps. @default - Cilium's own sizes */
  readonly bpf?: BpfTuning;
  /** Underlay MTU that Cilium assumes. @default - the smallest of the selected devices, which the agent finds itself */
  readonly mtu?: number;
  /** Devices for service traffic and native routing, by kernel name or with `+` as wildcard. @default - the ports on the cluster's network, where their names are known */
  readonly devices?: readonly string[];
  /** Cluster name that Cilium uses in identities and Hubble. @default - Cilium's "default" */
  readonly clusterName?: string;
}

/** All that a cluster can ask of Cilium. Combinations that would kill the agent are not in the type. */
export type CiliumIntent = Datapath & ClusterFeatures;
