import type { HostSettings } from "../../../host";
import { helmInstall } from "../delivery/scripts";
import type { KubeadmDelivery } from "../delivery/delivery";
import { kubeadmInit } from "../delivery/kubeadm";
import type { ClusterPlan, PlannedNode } from "../plan";
import { valueAt } from "../values/entries";
import { printYaml, printYamlDocuments } from "../yaml";

const VALUES = "/etc/netloom/cilium/values.yaml";
const SOURCE = "Cilium documentation, installation using kubeadm; kubernetes.io, ports and protocols";

/** A kubeadm node: ports, and on the first server the input of `kubeadm init` and a unit that installs the chart. */
export function contributeKubeadm(
  settings: HostSettings,
  plan: ClusterPlan,
  node: PlannedNode,
  podCidrs: readonly string[],
): void {
  const server = node.role === "server";
  const ports = [
    [10250, "kubelet"],
    ...(server
      ? [
          [6443, "Kubernetes API"],
          [2379, "etcd clients"],
          [2380, "etcd peers"],
        ]
      : []),
  ] as const;
  for (const [port, because] of ports)
    settings.openPort(
      { protocol: "tcp", port: Number(port), interface: node.port?.id },
      { because: String(because), source: SOURCE },
    );
  if (plan.servers[0] !== node) return;
  const init = kubeadmInit(plan.delivery as KubeadmDelivery, {
    address: node.address,
    podCidr: podCidrs.join(","),
    withoutKubeProxy: valueAt(plan.complete, "kubeProxyReplacement") === true,
  });
  settings.file(
    "/etc/netloom/cilium/kubeadm-init.yaml",
    { content: printYamlDocuments(init) },
    { because: "kubeadm init --config takes it", source: SOURCE },
  );
  settings.file(VALUES, { content: printYaml(plan.values) }, { because: "Helm values of this cluster" });
  const script = settings.script(
    "cilium-install",
    {
      text: `export KUBECONFIG=/etc/kubernetes/admin.conf\n${helmInstall(VALUES)}`,
      path: ["kubernetes-helm", "coreutils"],
    },
    { because: "installs the pinned chart", source: SOURCE },
  );
  settings.unit(
    "netloom-cilium-install.service",
    {
      unit: {
        Description: "Install or upgrade Cilium once the control plane is there",
        ConditionPathExists: "/etc/kubernetes/admin.conf",
        After: "network-online.target kubelet.service",
        Wants: "network-online.target",
      },
      service: { Type: "oneshot", ExecStart: `/bin/sh ${script}`, Restart: "on-failure", RestartSec: 30 },
      path: ["kubernetes-helm", "coreutils"],
    },
    { because: "the chart is installed from the first server", source: SOURCE },
  );
  settings.note(
    "Run kubeadm init --config /etc/netloom/cilium/kubeadm-init.yaml on this host once, then systemctl start netloom-cilium-install.service (needs helm).",
    { because: "kubeadm is not something that a deploy can take back" },
  );
}
