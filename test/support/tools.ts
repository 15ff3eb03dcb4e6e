import { spawnSync } from "node:child_process";
import { it } from "vitest";

/** Whether a program is there, and what to say when it is not. */
export interface Tool {
  readonly available: boolean;
  readonly skipReason: string;
}

/** Looks for a program. In CI every tool counts as there, so that a missing one fails its tests instead of hiding them. */
export function tool(name: string): Tool {
  const isThere = spawnSync("sh", ["-c", 'command -v "$1"', "sh", name]).status === 0;
  return { available: isThere || Boolean(process.env["CI"]), skipReason: isThere ? "" : `${name} is not installed` };
}

/** The rights to make namespaces and devices. In CI they count as there, like every tool. */
export const ROOT: Tool =
  process.getuid?.() === 0
    ? { available: true, skipReason: "" }
    : { available: Boolean(process.env["CI"]), skipReason: "it takes root" };

/** `it`, or a skipped test whose title says what is missing: programs by name, or anything else that was looked for. */
export function itWith(needs: readonly (string | Tool)[], title: string, run: () => unknown, timeout?: number): void {
  const missing = needs.map((need) => (typeof need === "string" ? tool(need) : need)).find((found) => !found.available);
  if (missing === undefined) it(title, run as () => void, timeout);
  else it.skip(`${title} (skipped: ${missing.skipReason})`, () => {});
}
