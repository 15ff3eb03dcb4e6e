import { it } from "vitest";
import { isInstalled, TOOLS_ARE_REQUIRED } from "./installed";

/** Whether a program is there, and what to say when it is not. */
export interface Tool {
  readonly available: boolean;
  readonly skipReason: string;
}

/** Looks for a program. Where tools are required, a missing one counts as there: its tests fail. */
export function tool(name: string): Tool {
  const isThere = isInstalled(name);
  return { available: isThere || TOOLS_ARE_REQUIRED, skipReason: isThere ? "" : `${name} is not installed` };
}

/** The rights to make namespaces and devices. */
export const ROOT: Tool =
  process.getuid?.() === 0
    ? { available: true, skipReason: "" }
    : { available: TOOLS_ARE_REQUIRED, skipReason: "root is required" };

/** `it`, or a skipped test whose title says what is missing: programs by name, or anything else that was looked for. */
export function itWith(needs: readonly (string | Tool)[], title: string, run: () => unknown, timeout?: number): void {
  const missing = needs.map((need) => (typeof need === "string" ? tool(need) : need)).find((found) => !found.available);
  if (missing === undefined) it(title, run as () => void, timeout);
  else it.skip(`${title} (skipped: ${missing.skipReason})`, () => {});
}
