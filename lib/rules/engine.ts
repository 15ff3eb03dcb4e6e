import type { IConstruct } from "constructs";
import {
  assertAcceptable,
  declaredProblems,
  defineProblem,
  formatProblem,
  NetloomError,
  type Problem,
  type ProblemText,
  type Severity,
} from "../errors";
import type { ResolvedHost } from "../host";
import { nearest } from "../nearest";

const ACKNOWLEDGE = defineProblem("NL-ACKNOWLEDGE", "A rule is acknowledged by an id that exists, and with a reason");

/** Everything that a rule may look at. */
export interface FleetModel {
  /** The merged settings of every host of the stack. */
  readonly hosts: readonly ResolvedHost[];
}

/** Something that a rule found. */
export interface Violation {
  /** Path of the construct at fault. */
  readonly path: string;
  /** Further constructs that take part. @default - none */
  readonly others?: readonly string[];
  /** How bad this one is. @default - as bad as the rule says */
  readonly severity?: Severity;
  /** What is wrong and why it hurts. */
  readonly what: string;
  /** The offending value. @default - there is no single value */
  readonly value?: unknown;
  /** What would be accepted. @default - not a question of a range */
  readonly allowed?: string;
  /** How to fix it. @default - no single remedy */
  readonly remedy?: string;
}

/** What readers see of a rule. */
export interface RuleText extends ProblemText {
  /** Why breaking it hurts. */
  readonly why: string;
}

/** A safety rule: data for the documentation, and a predicate over the merged settings of the whole fleet. */
export interface Rule extends RuleText {
  /** Finds every violation. Must look at each host a bounded number of times. */
  check(fleet: FleetModel): Iterable<Violation>;
}

/** A violation together with its rule, and the reason for which it is accepted, if it is. */
export interface Finding extends Problem {
  readonly code: string;
  readonly path: string;
  /** How bad it is, acknowledged or not: that of the rule, `error` for what a construct reported itself. */
  readonly severity: Severity;
  /** Why the user accepts it. @default - not accepted */
  readonly acknowledged?: string;
}

const ACKNOWLEDGEMENT = "netloom/acknowledge";
const RULE = "netloom/rule";

interface Acknowledgement {
  readonly path: string;
  readonly id: string;
  readonly because: string;
}

/** What the users of a stack say about rules. */
export const Rules = {
  /**
   * Silences a rule for a construct and everything below it. The reason is required, shows in the output,
   * and errors become informational findings.
   */
  acknowledge(construct: IConstruct, id: string, because: string): void {
    if (!/^NL-[A-Z0-9-]+$/.test(id) || because.trim() === "") {
      throw ACKNOWLEDGE({
        path: construct.node.path,
        what: "a rule is acknowledged by its id and with a reason",
        value: [id, because],
        allowed: "an id like NL-014 and a sentence",
        remedy: `Rules.acknowledge(host, "NL-014", "the uplink is jumbo as well")`,
      });
    }
    construct.node.addMetadata(ACKNOWLEDGEMENT, { path: construct.node.path, id, because });
  },

  /**
   * Adds a rule to the stack that `construct` is in. A construct may do so for the rules that come with it: a rule that several
   * constructs add runs once, and what several rules find alike is reported once.
   */
  add(construct: IConstruct, rule: Rule): void {
    assertAcceptable(rule.id);
    construct.node.addMetadata(RULE, rule);
  },
};

/** The rules that `constructs` added. */
export function addedRules(constructs: readonly IConstruct[]): readonly Rule[] {
  return [...new Set(metadata<Rule>(constructs, RULE))];
}

/**
 * Runs `rules` over the fleet, and puts what constructs reported themselves beside it. What is acknowledged stays in
 * the list, with its reason.
 */
export function runRules(
  rules: readonly Rule[],
  fleet: FleetModel,
  constructs: readonly IConstruct[],
  reported: readonly Problem[] = [],
): readonly Finding[] {
  const acknowledgements = metadata<Acknowledgement>(constructs, ACKNOWLEDGEMENT);
  const found = [
    ...reported.map((problem): Finding => ({ ...problem, path: problem.path ?? "", severity: "error" })),
    ...rules.flatMap((rule) =>
      violations(rule, fleet).map((v): Finding => ({ severity: rule.severity, ...v, code: rule.id })),
    ),
  ].map((finding) => {
    const acknowledged = acknowledgements.find((a) => a.id === finding.code && covers(a.path, finding))?.because;
    return { ...finding, acknowledged };
  });
  const ids = new Set([...rules, ...declaredProblems("reported")].map(({ id }) => id));
  for (const { code } of reported) ids.add(code);
  // By what readers see: a value may be one that JSON cannot hold.
  const once = new Map(found.map((finding) => [`${finding.severity} ${formatProblem(finding)}`, finding]));
  return [...once.values(), ...unknownIds(ids, acknowledgements)];
}

/** A rule that fails is reported like what it was to find, so that it neither hides the others nor passes for clean. */
function violations(rule: Rule, fleet: FleetModel): readonly Violation[] {
  try {
    return [...rule.check(fleet)];
  } catch (error) {
    if (error instanceof NetloomError)
      return error.problems.map((problem) => ({ ...problem, path: problem.path ?? "" }));
    return [{ path: "", what: `the rule itself failed: ${error instanceof Error ? error.message : String(error)}` }];
  }
}

/** An acknowledgement that can never silence anything gives false comfort. */
function unknownIds(ids: ReadonlySet<string>, acknowledgements: readonly Acknowledgement[]): readonly Finding[] {
  return acknowledgements
    .filter(({ id }) => !ids.has(id))
    .map(({ id, path }) => ({
      code: ACKNOWLEDGE.id,
      severity: "warning",
      path,
      what: "no rule with this id can be acknowledged; errors thrown by a constructor must be fixed",
      value: id,
      allowed: nearest(id, ids).join(", ") || "ids of rules, as npx netloom rules lists them",
    }));
}

/** Problems that made a construct give up. They cannot be acknowledged, since what they are about was not made. */
export function asFindings(problems: readonly Problem[]): readonly Finding[] {
  return problems.map((problem) => ({ ...problem, path: problem.path ?? "", severity: "error" }));
}

/** Whether the finding stops the synthesis. */
export function isFatal(finding: Finding): boolean {
  return finding.severity === "error" && finding.acknowledged === undefined;
}

function covers(path: string, violation: Violation): boolean {
  return [violation.path, ...(violation.others ?? [])].some((at) => at === path || at.startsWith(`${path}/`));
}

function metadata<T>(constructs: readonly IConstruct[], type: string): readonly T[] {
  const found: T[] = [];
  for (const { node } of constructs) {
    for (const entry of node.metadata) if (entry.type === type) found.push(entry.data as T);
  }
  return found;
}
