// Fuzzing with the programs that read Netloom's output on real machines.
//   npm run fuzz -- [--count N] [--seed S] [--only TEXT]
import { parseArgs } from "node:util";
import { isInstalled, TOOL_PATH, TOOLS_ARE_REQUIRED } from "../support/installed";
import { DATA_TARGETS } from "./data-targets";
import { SHELL_TARGETS } from "./shell-targets";
import { fuzz, type Target } from "./target";

const TARGETS = [...SHELL_TARGETS, ...DATA_TARGETS] as readonly Target<unknown, unknown>[];

/** Why a target cannot be tried here. */
function missing({ tools, needsRoot }: Target<unknown, unknown>): string | undefined {
  const absent = tools.filter((tool) => !isInstalled(tool, TOOL_PATH));
  if (absent.length > 0) return `not installed: ${absent.join(", ")}`;
  return needsRoot === true && process.getuid?.() !== 0 ? "root is required" : undefined;
}

function main(): number {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "1000" },
      seed: { type: "string" },
      only: { type: "string", default: "" },
    },
  });
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
  console.log(`seed ${seed}; ${values.count} accepted inputs for each reader`);
  console.log("| output and reader | tried | accepted | wrong |\n|---|---|---|---|");
  let failed = 0;
  let passed = 0;
  for (const target of TARGETS.filter(({ name }) => name.includes(values.only))) {
    const reason = missing(target);
    if (reason !== undefined) {
      console.log(`| ${target.name} | ${TOOLS_ARE_REQUIRED ? "not ok" : "skipped"}: ${reason} | | |`);
      if (TOOLS_ARE_REQUIRED) failed++;
      continue;
    }
    const { tried, accepted, wrong } = fuzz(target, Number(values.count), seed);
    console.log(`| ${target.name} | ${tried} | ${accepted} | ${wrong.length} |`);
    for (const { input, said } of wrong.slice(0, 5)) console.log(`  ${JSON.stringify(input)}: ${said}`);
    if (wrong.length > 0) failed++;
    else passed++;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = main();
