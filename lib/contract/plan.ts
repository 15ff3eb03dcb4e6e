import { ContractError, type Words } from "./words";

/** What stands in a plan, and what the agent does for each. Fields are apart by a tab; SEL is `mac=…` or `name=…`. */
export const PLAN_LINES = [
  "sysctl KEY VALUE",
  "module NAME",
  "link SEL mtu N",
  "link SEL up",
  "ethtool SEL FLAG NAME VALUE",
  "addresses SEL CIDR,CIDR",
  "route SEL DEST VIA OPTIONS",
  "qdisc SEL KIND ARGS",
  "wireguard DEV PORT MTU TABLE SLOT CIDR,CIDR FWMARK [LOCAL]",
  "adopt DEV",
  "unit NAME",
  "package NAME",
  "nft TABLE FILE",
] as const;

/** The fields of one line. */
export type PlanLine = Words<(typeof PLAN_LINES)[number]>;

const HEAD = "netloom-plan\t1\n";

/** Whether a text can be a field of a plan. */
export function isField(text: string): boolean {
  return !/[\t\n\r\0]/.test(text);
}

export function printPlan(lines: readonly PlanLine[]): string {
  return HEAD + lines.map((fields) => `${fields.join("\t")}\n`).join("");
}

export function parsePlan(text: string): readonly PlanLine[] {
  if (!text.startsWith(HEAD)) throw new ContractError("this is not a plan of version 1: synthesize again");
  const lines = text.slice(HEAD.length).split("\n").slice(0, -1);
  return lines.map((line) => line.split("\t") as readonly string[] as PlanLine);
}
