import type { FleetModel, Rule, Violation } from "../../rules";
import { clusterFacts } from "./cluster-facts";
import type { ClusterView } from "./cluster-view";
import { matrixData, type RuleData } from "./data";
import { remedyOf, severityOf } from "./matrix/remedies";
import { type Finding, judge, RULE_PREFIX } from "./matrix/rules";
import { nodeFacts } from "./node-facts";

/**
 * The feature matrix as rules of the stack, so that its findings are reported and acknowledged like all others.
 * Each rule of the table comes twice: as itself, and as a note for the case that a fact is not known.
 */
export function clusterRules(cluster: ClusterView): readonly Rule[] {
  const findings = oncePerFleet((fleet) => judgeCluster(cluster, fleet));
  return matrixData().rules.flatMap((rule) => [
    asRule(rule, severityOf(rule), (fleet) =>
      findings(fleet)
        .filter((found) => found.id === RULE_PREFIX + rule.id && found.severity !== "unchecked")
        .map((found) => violation(cluster, found)),
    ),
    asRule(rule, "info", (fleet) =>
      findings(fleet)
        .filter((found) => found.id === RULE_PREFIX + rule.id && found.severity === "unchecked")
        .map((found) => violation(cluster, found)),
    ),
  ]);
}

/** All findings about a cluster on the given fleet. */
export function judgeCluster(cluster: ClusterView, fleet: FleetModel): readonly Finding[] {
  const plan = cluster.plan();
  const hosts = new Map(fleet.hosts.map((host) => [host.path, host]));
  const nodes = plan.nodes.flatMap((node) => {
    const host = hosts.get(node.host.node.path);
    return host === undefined ? [] : [nodeFacts(plan, node, host)];
  });
  return judge(clusterFacts(plan, cluster.props, cluster.objectSet(), fleet.hosts), nodes);
}

function asRule(rule: RuleData, severity: Rule["severity"], check: Rule["check"]): Rule {
  const unchecked = severity === "info" ? "not known at synthesis: " : "";
  return {
    id: RULE_PREFIX + rule.id,
    severity,
    title: `${unchecked}${rule.message}`,
    why: `effect where it is broken: ${rule.effect}`,
    source: rule.source,
    check,
  };
}

function violation(cluster: ClusterView, found: Finding): Violation {
  const where = found.nodes.length > 0 ? ` (nodes: ${found.nodes.join(", ")})` : "";
  if (found.severity === "unchecked") {
    return {
      path: cluster.node.path,
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
