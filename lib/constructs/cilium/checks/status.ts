/**
 * POSIX sh that reads the JSON of `cilium-dbg status -o json` from standard input and prints one line of `name=value`
 * words, `-` where a value is absent. The wanted fields stand before any nested object of their part, and only the
 * kube-proxy replacement has the modes True and False, so that grep and cut do on hosts that have no JSON tool.
 * Source of the names: Cilium, api/v1/models/status_response.go.
 */
export const STATUS_SUMMARY = [
  "json=$(tr -d ' \\t\\n')",
  `part() { printf '%s' "$json" | grep -o "\\"$1\\":{[^{}]*" | head -n 1; }`,
  `field() { v=$(part "$1" | grep -o "\\"$2\\":[^],}]*" | head -n 1 | cut -d: -f2- | tr -d '"'); printf '%s' "\${v:--}"; }`,
  `proxy=$(printf '%s' "$json" | grep -o '"mode":"\\(True\\|False\\)"' | head -n 1 | cut -d '"' -f 4)`,
  "printf 'state=%s proxy=%s routing=%s host=%s congestion=%s encryption=%s\\n' \\",
  '  "$(field cilium state)" "${proxy:--}" \\',
  '  "$(field routing inter-host-routing-mode)" "$(field routing intra-host-routing-mode)" \\',
  '  "$(field bandwidth-manager congestionControl)" "$(field encryption mode)"',
].join("\n");

/** What the summary of every agent must say. */
export interface ExpectedStatus {
  /** Services in eBPF. */
  readonly kubeProxyReplacement: boolean;
  readonly routing: "native" | "tunnel";
  readonly bpfHostRouting: boolean;
  /** Congestion control of the bandwidth manager. @default - the manager is off */
  readonly congestion?: "bbr" | "cubic";
  readonly wireguard: boolean;
}

/** Extended regular expression for one line of the summary. */
export function statusPattern(expected: ExpectedStatus): string {
  return [
    "state=Ok",
    `proxy=${expected.kubeProxyReplacement ? "True" : "(False|-)"}`,
    `routing=${expected.routing === "native" ? "Native" : "Tunnel"}`,
    `host=${expected.bpfHostRouting ? "BPF" : "Legacy"}`,
    `congestion=${expected.congestion ?? "-"}`,
    `encryption=${expected.wireguard ? "Wireguard" : "(Disabled|-)"}`,
  ].join(" ");
}

/**
 * Asks every agent for its status and prints `<agents that match>/<agents>`; details of the others go to standard
 * error. `kubectl` is the command of the platform.
 */
export function statusOfAllAgents(kubectl: string, pattern: string): string {
  return [
    `summary() {\n${STATUS_SUMMARY}\n}`,
    "good=0; all=0",
    `for pod in $(${kubectl} -n kube-system get pods -l k8s-app=cilium -o name); do`,
    "  all=$((all + 1))",
    `  line=$(${kubectl} -n kube-system exec "$pod" -c cilium-agent -- cilium-dbg status -o json | summary)`,
    `  if printf '%s\\n' "$line" | grep -Eqx '${pattern}'; then good=$((good + 1)); else echo "$pod: $line" >&2; fi`,
    "done",
    'echo "$good/$all"',
  ].join("\n");
}

/** Prints the bandwidth-manager line of one agent's status as people read it, e.g. `EDT with BPF [BBR] [enp94s0f0]`. */
export function bandwidthManagerLine(kubectl: string): string {
  return `${kubectl} -n kube-system exec ds/cilium -c cilium-agent -- cilium-dbg status | sed -n 's/^BandwidthManager:[[:space:]]*//p'`;
}

/** Prints `<reachable>/<nodes>` as the agents' health probes see the cluster. */
export function reachableNodes(kubectl: string): string {
  return `${kubectl} -n kube-system exec ds/cilium -c cilium-agent -- cilium-dbg status | sed -n 's/^Cluster health:[[:space:]]*\\([0-9]*\\/[0-9]*\\) reachable.*/\\1/p'`;
}

/** Prints how many of the last flows Hubble has on one node; each is one JSON object with a flow. */
export function hubbleFlows(kubectl: string): string {
  return `${kubectl} -n kube-system exec ds/cilium -c cilium-agent -- hubble observe --last 20 -o json | grep -c '"flow":{'`;
}

/** Prints the MTUs of the devices that Cilium made on this node, each once. */
export const DEVICE_MTUS =
  "for d in /sys/class/net/cilium_host /sys/class/net/lxc*; do [ -e \"$d/mtu\" ] && cat \"$d/mtu\"; done | sort -u | tr '\\n' ' ' | sed 's/ $//'";

/** Fails when the running kernel is older than `version` (`major.minor`). */
export function kernelCheck(version: string): string {
  const [major, minor] = version.split(".");
  return `uname -r | awk -F'[.-]' '{ exit !($1 > ${major} || ($1 == ${major} && $2 >= ${minor})) }'`;
}
