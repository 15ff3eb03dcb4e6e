import { defineProblem, type Problem } from "../errors";

const QOS_PLAN = defineProblem("NL-022", "Traffic classes make a plan that a port can carry out", {
  why: "a port has eight classes, a packet one DSCP of six bits, and bandwidth shares make 100 percent",
  source: "IEEE 802.1Q; RFC 2474",
  remedy: "what the message allows",
});

/** How a traffic class is served: always first (up to a limit), or by weight (enhanced transmission selection). */
export type QosScheduler = "strict" | "ets";

/** One class of traffic and how hosts and switches tell and treat it. */
export interface QosClass {
  /** Unique within the plan; marks of applications and reports refer to it. */
  readonly name: string;
  /** DSCP values 0–63 that belong to the class; the first is what senders write. */
  readonly dscp: readonly number[];
  /** 802.1p priority and traffic class, 0–7. */
  readonly priority: number;
  /** How the class is served beside the others. */
  readonly scheduler: QosScheduler;
  /** Percent of the link: the weight of an `ets` class, the limit of a `strict` class. */
  readonly share: number;
  /** Never dropped: priority flow control is on. For RDMA only. @default false */
  readonly lossless?: boolean;
  /** What sends in the class. Lossless classes carry RDMA and nothing else. @default "tcp" */
  readonly transport?: "tcp" | "rdma" | "any";
  /** Switches mark ECN in the class. @default false */
  readonly ecn?: boolean;
}

/** DSCP that RoCE data carries by convention; priority 3. */
export const ROCE_DSCP = 26;
/** DSCP of congestion notification packets; priority 6. */
export const CNP_DSCP = 48;
/** ECT(0): the sender understands marks. */
const ECT0 = 2;

/** The type-of-service byte of a DSCP with ECN enabled: DSCP · 4 + ECT(0). 106 for 26. */
export function tosByte(dscp: number): number {
  return dscp * 4 + ECT0;
}

/** The plan for a fabric with RoCE: eight classes, the weights of the `ets` ones sum to 100. */
export const ROCE_QOS_PLAN: readonly QosClass[] = [
  { name: "network-control", dscp: [CNP_DSCP], priority: 6, scheduler: "strict", share: 5, transport: "any" },
  { name: "realtime", dscp: [46], priority: 5, scheduler: "strict", share: 15 },
  { name: "interactive", dscp: [34], priority: 4, scheduler: "ets", share: 10 },
  {
    name: "roce",
    dscp: [ROCE_DSCP],
    priority: 3,
    scheduler: "ets",
    share: 50,
    lossless: true,
    transport: "rdma",
    ecn: true,
  },
  { name: "monitoring", dscp: [16], priority: 2, scheduler: "ets", share: 5 },
  { name: "bulk", dscp: [18, 10], priority: 1, scheduler: "ets", share: 15, ecn: true },
  { name: "default", dscp: [0, 1, 8], priority: 0, scheduler: "ets", share: 20, transport: "any" },
];

const MOST_CLASSES = 8;

/** The same plan with nothing lossless: for fabrics whose switches have no PFC. */
export function withoutPfc(plan: readonly QosClass[]): readonly QosClass[] {
  return plan.map((qosClass) => ({ ...qosClass, lossless: false }));
}

/** What makes a plan impossible or dangerous, all of it at once, each under the id of its rule. */
export function qosPlanProblems(plan: readonly QosClass[]): readonly Problem[] {
  const problems: Problem[] = [];
  const add = (what: string, value: unknown, allowed: string): void => {
    problems.push({ code: QOS_PLAN.id, what, value, allowed });
  };
  if (plan.length === 0 || plan.length > MOST_CLASSES) {
    add("an 802.1Q port has eight traffic classes", plan.length, `1 to ${MOST_CLASSES} classes`);
  }
  for (const [what, pick] of [
    ["name", (qosClass: QosClass) => [qosClass.name]],
    ["priority", (qosClass: QosClass) => [qosClass.priority]],
    ["DSCP", (qosClass: QosClass) => qosClass.dscp],
  ] as const) {
    for (const twice of duplicates(plan.flatMap<string | number>((qosClass) => [...pick(qosClass)]))) {
      add(`two classes have the same ${what}`, twice, `each ${what} belongs to one class`);
    }
  }
  for (const { name, dscp, priority, share } of plan) {
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) {
      add("a class name has characters that not every tool takes", name, "lower-case letters, digits and dashes");
    }
    if (dscp.length === 0) add(`nothing can be told to be in class ${name}`, dscp, "at least one DSCP");
    for (const point of dscp.filter((value) => !isWithin(value, 63))) {
      add(`class ${name} has a DSCP that does not fit six bits`, point, "0 to 63");
    }
    if (!isWithin(priority, 7)) add(`class ${name} has no such priority`, priority, "0 to 7");
    if (!isWithin(share, 100) || share === 0) add(`class ${name} has no such share`, share, "1 to 100 percent");
  }
  const weights = sum(plan.filter((qosClass) => qosClass.scheduler === "ets"));
  if (weights !== 100) {
    add("the weights of the ets classes do not make a whole", weights, "a sum of exactly 100");
  }
  return problems;
}

function sum(classes: readonly QosClass[]): number {
  return classes.reduce((total, qosClass) => total + qosClass.share, 0);
}

function isWithin(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

function duplicates<T>(values: readonly T[]): T[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
