import type { FleetModel, Rule, Violation } from "../../rules";
import { clusterFacts } from "./cluster-facts";
import type { ClusterView } from "./cluster-view";
import { matrixData } from "./data";
import { remedyOf, RULE_PREFIX } from "./matrix/remedies";
import { type Finding, judge } from "./matrix/rules";
import { nodeFacts } from "./node-facts";
import { matrixRuleText } from "./rule-texts";

/** The feature matrix as rules of the stack, so that its findings are reported and acknowledged like all others. */
export function clusterRules(cluster: ClusterView): readonly Rule[] {
  const findings = oncePerFleet((fleet) => judgeCluster(cluster, fleet));
  return matrixData().rules.map((rule): Rule => {
    const text = matrixRuleText(rule);
    const check = (fleet: FleetModel) => findings(fleet).filter((found) => found.id === text.id);
    return { ...text, package: "netloom", check: (fleet) => check(fleet).map((found) => violation(cluster, found)) };
  });
}

/** All findings about a cluster on the given fleet. */
export function judgeCluster(cluster: ClusterView, fleet: FleetModel): readonly Finding[] {
  const plan = cluster.clusterPlan();
  const hosts = new Map(fleet.hosts.map((host) => [host.path, host]));
  const nodes = plan.nodes.flatMap((node) => {
    const host = hosts.get(node.host.node.path);
    return host === undefined ? [] : [nodeFacts(plan, node, host)];
  });
  return judge(clusterFacts(plan, cluster.props, cluster.objectSet(), fleet.hosts), nodes);
}

function violation(cluster: ClusterView, found: Finding): Violation {
  const where = found.nodes.length > 0 ? ` (nodes: ${found.nodes.join(", ")})` : "";
  if (found.severity === "unchecked") {
    return {
      path: cluster.node.path,
      severity: "info",
      what: `unchecked, because not known: ${found.missing.join(", ")}${where}. ${found.reason} [${found.effect}]`,
      remedy: remedyOf(found.id.slice(RULE_PREFIX.length)),
    };
  }
  return { path: cluster.node.path, what: `${found.reason} [${found.effect}]${where}`, remedy: found.remedy };
}

function oncePerFleet<T>(compute: (fleet: FleetModel) => T): (fleet: FleetModel) => T {
  const results = new WeakMap<FleetModel, T>();
  return (fleet) => {
    const known = results.get(fleet);
    if (known !== undefined) return known;
    const fresh = compute(fleet);
    results.set(fleet, fresh);
    return fresh;
  };
}
