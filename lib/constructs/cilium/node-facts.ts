import { linkValue, optionSet, type ResolvedHost, sysctlValue } from "../../host";
import type { NodeFacts } from "./matrix/facts";
import type { PlannedNode } from "./plan";
import { valueAt } from "./values/entries";
import type { ClusterPlan } from "./plan";

/** What is known of a node from the merged settings of its host. What nobody set or stated stays unknown. */
export function nodeFacts(plan: ClusterPlan, node: PlannedNode, host: ResolvedHost): NodeFacts {
  const nixos = host.platform.kind === "nixos";
  const reversePath = sysctlValue(host, "net.ipv4.conf.all.rp_filter");
  return {
    name: host.name,
    kernel: host.kernel?.join("."),
    nicDriver: driverOf(node),
    mtu: mtuOf(plan, node, host),
    xdpLimitKnown: node.port?.nic?.xdpMaxMtu !== undefined,
    os: host.platform.kind,
    kernelModule: host.modules.map(({ key }) => key),
    ...(nixos && {
      firewall: {
        checkReversePath: firewall(host, "checkReversePath") as boolean | string | undefined,
        trustedInterfaces: firewall(host, "trustedInterfaces") as readonly string[] | undefined,
      },
    }),
    sysctl: {
      ip_local_port_range: sysctlValue(host, "net.ipv4.ip_local_port_range")?.value,
      rp_filter: reversePath === undefined ? undefined : Number(reversePath.value),
      // Known to be the distribution's where nobody sets it: then there is nothing that could be undone.
      tcp_congestion_control: sysctlValue(host, "net.ipv4.tcp_congestion_control")?.value ?? null,
      default_qdisc: sysctlValue(host, "net.core.default_qdisc")?.value ?? null,
    },
  };
}

/** The driver of the cluster's port, as the table names it; of the machine's only experiment card where the port does not say. */
function driverOf({ host, port }: PlannedNode): string | undefined {
  const cards = (host.machineType?.nics ?? []).filter((nic) => nic.experimentPorts > 0).map((nic) => nic.model.driver);
  const only = new Set(cards).size === 1 ? cards[0] : undefined;
  const driver = port?.nic?.driver ?? only;
  return driver === "mlx4_en" ? "mlx4_core" : driver;
}

function mtuOf(plan: ClusterPlan, { port }: PlannedNode, host: ResolvedHost): number | undefined {
  const stated = Number(valueAt(plan.complete, "MTU")) || undefined;
  const link = port === undefined ? undefined : linkValue(host, port.id, "mtu");
  return typeof link?.value.value === "number" ? link.value.value : stated;
}

function firewall(host: ResolvedHost, name: string): unknown {
  return optionSet(host, "networking", "firewall", name)?.value;
}
