import type { Duration } from "../../../units";

/** Pacing of pod traffic with earliest departure times, and who gets which congestion control. */
export interface BandwidthManager<K extends "bbr" | "bbr-hosts" | "cubic" = "bbr" | "bbr-hosts" | "cubic"> {
  /** Who gets BBR: pods and hosts, hosts only, or nobody. */
  readonly kind: K;
}

/** Ways to run the bandwidth manager. Every one puts `fq` on the devices and makes it the default queueing discipline. */
export const BandwidthManager = {
  /** BBR for pods and hosts. Needs Linux 5.18 and eBPF host routing. */
  bbr: (): BandwidthManager<"bbr"> => ({ kind: "bbr" }),
  /** BBR for sockets of the hosts only; pods keep CUBIC. Works without eBPF host routing. Needs Linux 5.18. */
  bbrForHostsOnly: (): BandwidthManager<"bbr-hosts"> => ({ kind: "bbr-hosts" }),
  /** Rate limits and pacing only. Sets CUBIC on the hosts, so it undoes BBR that was set there. */
  cubic: (): BandwidthManager<"cubic"> => ({ kind: "cubic" }),
};

/** Transparent encryption between nodes with WireGuard; the agents make and exchange the keys. */
export interface WireGuardEncryption {
  /** Helm value `encryption.type`. */
  readonly kind: "wireguard";
  /** How far it goes. */
  readonly options: WireGuardEncryptionOptions;
}

/** What is encrypted, and what is dropped when it is not. */
export interface WireGuardEncryptionOptions {
  /** Also encrypt traffic between nodes and from nodes to pods (beta; control-plane nodes opt out). @default false */
  readonly nodeEncryption?: boolean;
  /** Keepalive for nodes behind NAT. @default - off */
  readonly persistentKeepalive?: Duration;
  /** Drop what leaves a node for this range in clear text. @default - not enforced */
  readonly strictEgressCidr?: string;
  /** Drop what enters a node in clear text. @default false */
  readonly strictIngress?: boolean;
}

/** Encryption of traffic between nodes. */
export const Encryption = {
  /** Between pods of different nodes; takes 95 bytes of each packet. Needs Linux 5.6. Source: Cilium agent 1.20, pkg/mtu. */
  wireguard: (options: WireGuardEncryptionOptions = {}): WireGuardEncryption => ({ kind: "wireguard", options }),
};

/** Segments of up to 192 kB through the stack. Only mlx4, mlx5 and ice. */
export interface BigTcp {
  /** Linux 6.3. @default true */
  readonly ipv4?: boolean;
  /** Linux 5.19 and IPv6 on. @default - whether the cluster has an IPv6 pod CIDR */
  readonly ipv6?: boolean;
}

/** Answering ARP and neighbour discovery for service addresses, with one leader per service. */
export interface L2Announcements {
  /** How many services are announced; sizes the rate at which agents may call the API server. @default 50 */
  readonly services?: number;
  /** How long a leader may be silent before another takes over. @default 15 s */
  readonly leaseDuration?: Duration;
  /** How often a leader renews. @default 5 s */
  readonly renewDeadline?: Duration;
  /** Pause between two attempts to become leader. @default 2 s */
  readonly retryPeriod?: Duration;
}

/** Tuning of the eBPF maps. Source of the values: Cilium tuning guide. */
export interface BpfTuning {
  /** Least-recently-used lists per CPU instead of one for all; less contention, looser bounds. @default false */
  readonly distributedLru?: boolean;
  /** Share of the machine's memory for connection tracking, NAT and policy maps. @default 0.0025 */
  readonly mapDynamicSizeRatio?: number;
  /** Use the cheaper jiffies clock in the data path where the kernel allows it. @default false */
  readonly clockProbe?: boolean;
}
