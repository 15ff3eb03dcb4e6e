import { Check, type HostSettings } from "../../../host";
import type { ClusterView } from "../cluster-view";
import { helmChart } from "../delivery/objects";
import type { K3sDelivery } from "../delivery/delivery";
import type { ClusterPlan, PlannedNode } from "../plan";
import { printYaml } from "../yaml";
import { valueAt } from "../values/entries";
import { DEFAULT_TOKEN_FILE, k3sCommand, k3sDisabled, k3sFlags, k3sJoin, type K3sNode, k3sPorts } from "./k3s";

const MANIFESTS = "/var/lib/rancher/k3s/server/manifests";
const K3S_SOURCE = "k3s documentation, custom CNI; Cilium documentation, installation using k3s";

/** k3s on one node: the service, its ports, and on servers the manifests that install Cilium and its objects. */
export function contributeK3s(
  settings: HostSettings,
  plan: ClusterPlan,
  node: PlannedNode,
  cluster: ClusterView,
): void {
  const delivery = plan.delivery as K3sDelivery;
  const { servers } = plan;
  const told: K3sNode = {
    role: node.role,
    first: node === servers[0],
    manyServers: servers.length > 1,
    addresses: nodeAddresses(node, cluster.podCidrs().length > 1),
    firstServer: servers[0]!.address ?? servers[0]!.address6,
    podCidr: plan.podCidr,
    podCidr6: cluster.podCidrs()[1],
    withoutKubeProxy: valueAt(plan.complete, "kubeProxyReplacement") === true,
  };
  for (const [port, because] of k3sPorts(told))
    settings.openPort({ protocol: "tcp", port, interface: node.port?.id }, { because, source: K3S_SOURCE });
  if (settings.host.platform.kind === "nixos") nixos(settings, plan, delivery, told, cluster);
  else linux(settings, plan, delivery, told, cluster);
  const tokenFile = delivery.options.tokenFile ?? DEFAULT_TOKEN_FILE;
  settings.check(Check.command({ title: `the join token is in ${tokenFile}`, run: `test -s ${tokenFile}` }), {
    because: "the token is put there by other means and never part of a stack",
  });
}

/** What `--node-ip` takes: one address, or one of each family where pods have both. */
function nodeAddresses({ address, address6 }: PlannedNode, dual: boolean): readonly string[] | undefined {
  const known = [address, ...(dual || address === undefined ? [address6] : [])].filter((one) => one !== undefined);
  return known.length > 0 ? known : undefined;
}

function linux(
  settings: HostSettings,
  plan: ClusterPlan,
  delivery: K3sDelivery,
  told: K3sNode,
  cluster: ClusterView,
): void {
  const unit = told.role === "server" ? "k3s.service" : "k3s-agent.service";
  const reason = { because: "k3s leaves network, services and load balancing to Cilium", source: K3S_SOURCE };
  settings.unit(
    unit,
    {
      unit: { Description: `k3s ${told.role}`, After: "network-online.target", Wants: "network-online.target" },
      service: {
        // Not `notify`: a first start pulls images and would outlast the time in which a deploy must be confirmed.
        Type: "exec",
        ExecStart: k3sCommand(delivery, told).join(" "),
        KillMode: "process",
        Delegate: true,
        Restart: "always",
        RestartSec: 5,
        LimitNOFILE: 1048576,
        LimitNPROC: "infinity",
        LimitCORE: "infinity",
        TasksMax: "infinity",
      },
    },
    reason,
  );
  settings.check(Check.service(unit), reason);
  if (told.role !== "server") return;
  // Copies: k3s looks at the time of the file itself, which does not change when a link leads to a new generation.
  const file = (name: string, content: string, because: string): void =>
    settings.file(`${MANIFESTS}/${name}`, { content, mode: "0600", install: "copy" }, { because, source: K3S_SOURCE });
  file("netloom-cilium.yaml", printYaml(helmChart(plan.values)), "k3s installs the chart from it");
  for (const [name, content] of cluster.manifests())
    file(`netloom-${name}`, content, "k3s retries until the operator has made the CRDs");
}

function nixos(
  settings: HostSettings,
  plan: ClusterPlan,
  delivery: K3sDelivery,
  told: K3sNode,
  cluster: ClusterView,
): void {
  const reason = { because: "k3s leaves network, services and load balancing to Cilium", source: K3S_SOURCE };
  const option = (name: string, value: Parameters<HostSettings["nixos"]>[1]): void =>
    settings.nixos(`services.k3s.${name}`, value, reason);
  const join = k3sJoin(told);
  option("enable", true);
  option("role", told.role);
  option("tokenFile", delivery.options.tokenFile ?? DEFAULT_TOKEN_FILE);
  if (join !== undefined) option("serverAddr", join);
  if (told.first && told.manyServers) option("clusterInit", true);
  // `disable` exists only since 25.11; the flag means the same everywhere.
  const disabled = told.role === "server" ? k3sDisabled(delivery).map((name) => `--disable=${name}`) : [];
  option("extraFlags", [...disabled, ...k3sFlags(delivery, told)]);
  settings.check(Check.service("k3s.service"), reason);
  if (told.role !== "server") return;
  option("manifests.netloom-cilium.content", helmChart(plan.values) as never);
  const objects = cluster.objects().map((object) => object.toJson());
  if (objects.length > 0)
    option("manifests.netloom-cilium-objects.content", JSON.parse(JSON.stringify(objects)) as never);
}
