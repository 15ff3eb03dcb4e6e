import { matrixData, type RuleData } from "../data";
import { type ConditionContext, evaluateAll } from "./conditions";
import { type Facts, factLookup, type NodeFacts } from "./facts";
import { remedyOf, RULE_PREFIX, type Severity, severityOf } from "./remedies";

/** One rule that is violated, or that cannot be decided because a fact is missing. */
export interface Finding {
  /** Rule id, e.g. `NL-CILIUM-A03`. */
  readonly id: string;
  readonly severity: Severity | "unchecked";
  /** What happens in a cluster: `agent-fatal`, `silent-ignored`, `unreachable` … */
  readonly effect: string;
  /** Why it hurts. */
  readonly reason: string;
  /** How to fix it. */
  readonly remedy: string;
  /** Where the knowledge comes from. */
  readonly source: string;
  /** Nodes concerned; empty when the rule does not depend on nodes. */
  readonly nodes: readonly string[];
  /** Facts that were missing; only of unchecked findings. */
  readonly missing: readonly string[];
}

/**
 * Judges values and facts by the feature matrix. A rule that looks at nodes is asked once for each node.
 * A rule whose condition hangs on an unknown fact yields an `unchecked` finding, never silence.
 */
export function judge(facts: Facts, nodes: readonly NodeFacts[] = []): readonly Finding[] {
  const { rules, drivers } = matrixData();
  const lookup = factLookup(facts);
  const whole: ConditionContext = { facts: lookup(), drivers };
  const perNode = nodes.map((node) => ({ node, context: { facts: lookup(node), drivers } }));
  return rules.flatMap((rule) => {
    if (rule.id === "W18") return changes(rule, facts);
    if (!looksAtNodes(rule) || perNode.length === 0) return findings(rule, [{ name: undefined, context: whole }]);
    return findings(
      rule,
      perNode.map(({ node, context }) => ({ name: node.name, context })),
    );
  });
}

interface Subject {
  readonly name: string | undefined;
  readonly context: ConditionContext;
}

function findings(rule: RuleData, subjects: readonly Subject[]): Finding[] {
  const violated: string[] = [];
  const unchecked: string[] = [];
  const missing = new Set<string>();
  let broken = false;
  let open = false;
  for (const { name, context } of subjects) {
    const when = evaluateAll(rule.when, context);
    if (when.truth === false) continue;
    const need = evaluateAll(rule.need, context);
    if (need.truth === true) continue;
    if (when.truth === true && need.truth === false) {
      broken = true;
      if (name !== undefined) violated.push(name);
      continue;
    }
    open = true;
    if (name !== undefined) unchecked.push(name);
    for (const fact of [...when.missing, ...need.missing]) missing.add(fact);
  }
  const out: Finding[] = [];
  if (broken) out.push(finding(rule, severityOf(rule), violated, []));
  if (open) out.push(finding(rule, "unchecked", unchecked, [...missing].sort()));
  return out;
}

function finding(
  rule: RuleData,
  severity: Finding["severity"],
  nodes: readonly string[],
  missing: readonly string[],
): Finding {
  return {
    id: RULE_PREFIX + rule.id,
    severity,
    effect: rule.effect,
    reason: rule.message,
    remedy: remedyOf(rule.id),
    source: rule.source,
    nodes,
    missing,
  };
}

/** W18 concerns a change against a running cluster; where nothing runs, or nobody said so, there is no change to judge. */
function changes(rule: RuleData, facts: Facts): Finding[] {
  const datapath = rule.when[0]?.[2] as readonly string[];
  const changed = (facts.change ?? []).filter((path) => datapath.includes(path));
  if (changed.length === 0 || facts.plan === "new-nodes" || facts.plan === "restart-pods") return [];
  const severity = facts.plan === undefined ? "unchecked" : severityOf(rule);
  const base = finding(rule, severity, [], facts.plan === undefined ? ["plan"] : []);
  return [{ ...base, reason: `${base.reason} (changed: ${changed.join(", ")})` }];
}

function looksAtNodes(rule: RuleData): boolean {
  return /"node\./.test(JSON.stringify([rule.when, rule.need]));
}
