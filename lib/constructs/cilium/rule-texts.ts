import type { RuleText } from "../../rules";
import { matrixData, type RuleData } from "./data";
import { EFFECTS } from "./matrix/effects";
import { remedyOf, RULE_PREFIX, severityOf } from "./matrix/remedies";

/** Cilium's WireGuard, its tunnels and NodePort services share the port numbers of the host with everything else. */
export const PORT_RULE: RuleText = {
  id: "NL-CILIUM-PORTS",
  severity: "error",
  title: "no WireGuard device of a node listens on a port that Cilium uses",
  why: "whoever comes second cannot listen, or traffic of the one ends up with the other",
  source: "Cilium documentation, firewall rules and nodePort.bindProtection",
  remedy: "another port for the mesh, e.g. port: 51820",
};

/** A stated underlay MTU above that of the port makes every full-sized packet too large. */
export const MTU_RULE: RuleText = {
  id: "NL-CILIUM-MTU",
  severity: "error",
  title: "a stated MTU is no larger than that of the ports",
  why: "packets of that size are dropped or fragmented on the way out of the node",
  source: "Cilium agent, pkg/mtu: the value replaces what the devices say",
  remedy: "leave mtu out: the agents take it from the devices",
};

/** A rule of the feature matrix. */
export function matrixRuleText(rule: RuleData): RuleText {
  return {
    id: RULE_PREFIX + rule.id,
    severity: severityOf(rule),
    title: rule.message,
    why: EFFECTS[rule.effect] ?? rule.effect,
    source: rule.source,
    remedy: remedyOf(rule.id),
  };
}

/** Every rule that a cluster adds to its stack. */
export function clusterRuleTexts(): readonly RuleText[] {
  return [...matrixData().rules.map(matrixRuleText), PORT_RULE, MTU_RULE];
}
