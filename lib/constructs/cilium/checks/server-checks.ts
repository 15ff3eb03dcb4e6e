import { Check, type HostSettings } from "../../../host";
import type { ClusterView } from "../cluster-view";
import type { ClusterPlan } from "../plan";
import { valueAt } from "../values/entries";
import {
  bandwidthManagerLine,
  type ExpectedStatus,
  hubbleFlows,
  reachableNodes,
  statusOfAllAgents,
  statusPattern,
} from "./status";

/**
 * Checks of the running cluster, asked on the first server. They are asked on demand and not while a deploy waits for
 * its confirmation: a first install pulls images for minutes, and a host must not revert for that.
 */
export function contributeServerChecks(settings: HostSettings, plan: ClusterPlan, cluster: ClusterView): void {
  const kubectl = kubectlOf(plan);
  const count = plan.nodes.length;
  const ask = (title: string, run: string, expect: string, because: string): void =>
    settings.check(Check.command({ title, run, expect, phase: "benchmark" }), { because });
  const expected = expectedStatus(plan);
  const pattern = statusPattern(expected);
  ask(
    `all ${count} agents of ${cluster.node.id} run as planned`,
    statusOfAllAgents(kubectl, pattern),
    `${count}/${count}`,
    `cilium status says: ${pattern}`,
  );
  if (expected.congestion !== undefined) {
    const line = `EDT with BPF \\[${expected.congestion.toUpperCase()}\\] \\[.*\\]`;
    ask(
      "the bandwidth manager is on",
      bandwidthManagerLine(kubectl),
      line,
      "pod traffic is paced; off means an old kernel",
    );
  }
  ask("all nodes reach each other", reachableNodes(kubectl), `${count}/${count}`, "health probes between all agents");
  if (valueAt(plan.complete, "hubble.enabled") === true)
    ask("Hubble sees flows", hubbleFlows(kubectl), "[1-9][0-9]*", "flow visibility is on");
}

/** What the values promise of every agent. */
export function expectedStatus({ complete, derived }: ClusterPlan): ExpectedStatus {
  const at = (path: string): unknown => valueAt(complete, path);
  const manager = at("bandwidthManager.enabled") === true;
  return {
    kubeProxyReplacement: at("kubeProxyReplacement") === true,
    routing: derived.routingMode,
    bpfHostRouting: derived.bpfHostRouting,
    congestion: manager ? (at("bandwidthManager.bbr") === true ? "bbr" : "cubic") : undefined,
    wireguard: at("encryption.enabled") === true && at("encryption.type") === "wireguard",
  };
}

function kubectlOf({ delivery }: ClusterPlan): string {
  if (delivery.kind === "k3s") return "k3s kubectl";
  return delivery.kind === "kubeadm" ? "kubectl --kubeconfig /etc/kubernetes/admin.conf" : "kubectl";
}
