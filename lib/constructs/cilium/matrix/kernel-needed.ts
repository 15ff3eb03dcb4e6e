import { matrixData, type ValueTree } from "../data";
import { evaluateAll } from "./conditions";
import { factLookup } from "./facts";
import { versionAtLeast } from "./version";

/** Source: Cilium 1.20 system requirements. */
const KERNEL_FLOOR = { version: "5.10", because: "Cilium 1.20 runs on no older kernel" };

/** The newest kernel version that any rule asks for under these values, and the reason of that rule. */
export function kernelNeeded(values: ValueTree): { readonly version: string; readonly because: string } {
  const { rules, drivers } = matrixData();
  const context = { facts: factLookup({ values })(), drivers };
  let needed = KERNEL_FLOOR;
  for (const rule of rules) {
    if (evaluateAll(rule.when, context).truth !== true) continue;
    for (const [path, operator, version] of rule.need) {
      if (path !== "node.kernel" || operator !== "gte" || versionAtLeast(needed.version, String(version))) continue;
      needed = { version: String(version), because: rule.message };
    }
  }
  return needed;
}
