/** What the kernel's documentation says about one key. */
export interface SysctlFact {
  /** How many numbers the value has. @default 1 */
  readonly count?: number;
  /** Smallest and largest meaningful number. The kernel takes some others silently. @default - not a number, or unbounded */
  readonly range?: readonly [least: number, most: number];
  /** Words that are accepted instead of numbers. @default - any */
  readonly words?: readonly string[];
  /** The kernel's default where it is the same in all supported releases. @default - varies */
  readonly default?: string;
  /** Why the key must or should not be set. @default - it may be set */
  readonly avoid?: { readonly kind: "removed" | "no-op" | "harmful"; readonly why: string };
  /** Exists in the initial network namespace only, so a container cannot set it. @default false */
  readonly hostOnly?: boolean;
}

const INT_MAX = 2 ** 31 - 1;
const FLAG: SysctlFact = { range: [0, 1] };
const BUFFERS: SysctlFact = { count: 3, range: [1, INT_MAX] };

/** Linux Documentation/networking/ip-sysctl.rst and Documentation/admin-guide/sysctl/net.rst; behaviour tried on 6.18. */
export const SYSCTLS: Readonly<Record<string, SysctlFact>> = {
  "net.core.busy_poll": { range: [0, INT_MAX], default: "0", hostOnly: true },
  "net.core.busy_read": { range: [0, INT_MAX], default: "0", hostOnly: true },
  "net.core.default_qdisc": {
    words: ["fq", "fq_codel", "pfifo_fast", "pfifo", "cake", "noqueue", "sfq"],
    hostOnly: true,
  },
  "net.core.netdev_budget": { range: [1, INT_MAX], default: "300", hostOnly: true },
  "net.core.netdev_budget_usecs": { range: [1, INT_MAX], hostOnly: true },
  "net.core.netdev_max_backlog": { range: [1, INT_MAX], default: "1000", hostOnly: true },
  "net.core.rmem_default": { range: [256, INT_MAX] },
  "net.core.rmem_max": { range: [256, INT_MAX], hostOnly: true },
  "net.core.somaxconn": { range: [1, INT_MAX], default: "4096" },
  "net.core.wmem_default": { range: [2048, INT_MAX] },
  "net.core.wmem_max": { range: [2048, INT_MAX], hostOnly: true },
  "net.ipv4.fib_multipath_hash_policy": { range: [0, 3], default: "0" },
  "net.ipv4.ip_forward": FLAG,
  "net.ipv4.tcp_congestion_control": {
    // Linux net/ipv4/Kconfig: everything that a kernel without patches can have.
    words: [
      ..."reno cubic bbr dctcp bic cdg highspeed htcp hybla illinois lp nv scalable vegas veno westwood yeah".split(
        " ",
      ),
    ],
  },
  "net.ipv4.tcp_ecn": { range: [0, 5], default: "2" },
  "net.ipv4.tcp_fack": { avoid: { kind: "no-op", why: "a legacy option without effect since Linux 4.15" } },
  "net.ipv4.tcp_fastopen": { range: [0, 0x607], default: "1" },
  "net.ipv4.tcp_frto": { range: [0, 2], default: "2" },
  "net.ipv4.tcp_keepalive_intvl": { range: [1, 32767], default: "75" },
  "net.ipv4.tcp_keepalive_probes": { range: [1, 127], default: "9" },
  "net.ipv4.tcp_keepalive_time": { range: [1, 32767], default: "7200" },
  "net.ipv4.tcp_low_latency": {
    avoid: { kind: "no-op", why: "a legacy option without effect since Linux 4.14" },
    hostOnly: true,
  },
  "net.ipv4.tcp_max_syn_backlog": { range: [1, INT_MAX] },
  "net.ipv4.tcp_mem": { count: 3, range: [1, INT_MAX], hostOnly: true },
  "net.ipv4.tcp_moderate_rcvbuf": { ...FLAG, default: "1" },
  "net.ipv4.tcp_mtu_probing": { range: [0, 2], default: "0" },
  "net.ipv4.tcp_no_metrics_save": { ...FLAG, default: "0" },
  "net.ipv4.tcp_notsent_lowat": { range: [0, 2 ** 32 - 1], default: "4294967295" },
  "net.ipv4.tcp_recovery": { range: [0, 7], default: "1" },
  "net.ipv4.tcp_rmem": BUFFERS,
  "net.ipv4.tcp_sack": { ...FLAG, default: "1" },
  "net.ipv4.tcp_slow_start_after_idle": { ...FLAG, default: "1" },
  "net.ipv4.tcp_syncookies": { range: [0, 2], default: "1" },
  "net.ipv4.tcp_timestamps": { range: [0, 2], default: "1" },
  "net.ipv4.tcp_tw_recycle": {
    avoid: { kind: "removed", why: "gone since Linux 4.12, because it broke clients behind NAT; sysctl fails on it" },
  },
  "net.ipv4.tcp_tw_reuse": { range: [0, 2], default: "2" },
  "net.ipv4.tcp_window_scaling": { ...FLAG, default: "1" },
  "net.ipv4.tcp_wmem": BUFFERS,
  "net.ipv4.udp_mem": { count: 3, range: [1, INT_MAX], hostOnly: true },
  "net.ipv6.fib_multipath_hash_policy": { range: [0, 3], default: "0" },
  "net.ipv4.conf.all.rp_filter": { range: [0, 2] },
  "net.ipv4.conf.default.rp_filter": { range: [0, 2] },
  "vm.swappiness": { range: [0, 200], default: "60" },
};

/** TCP cannot do without these: windows above 64 KiB, loss recovery and protection against wrapped sequence numbers hang on them. */
export const ESSENTIAL_TCP: readonly string[] = [
  "net.ipv4.tcp_sack",
  "net.ipv4.tcp_timestamps",
  "net.ipv4.tcp_window_scaling",
];
