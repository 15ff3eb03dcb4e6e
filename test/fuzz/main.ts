// Fuzzing with the programs that read Netloom's output on real machines.
//   npm run fuzz -- [--count N] [--seed S] [--only TEXT]
import { parseArgs } from "node:util";
import { TOOLS_ARE_REQUIRED } from "../support/installed";
import { fuzz } from "./target";
import { missing, TARGETS } from "./targets";

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
  console.log("| output and reader | tried | accepted | wrong | seconds |\n| --- | --- | --- | --- | --- |");
  let failed = 0;
  let passed = 0;
  for (const target of TARGETS.filter(({ name }) => name.includes(values.only))) {
    const reason = missing(target);
    if (reason !== undefined) {
      console.log(`| ${target.name} | ${TOOLS_ARE_REQUIRED ? "not ok" : "skipped"}: ${reason} | | | |`);
      if (TOOLS_ARE_REQUIRED) failed++;
      continue;
    }
    const began = Date.now();
    const { tried, accepted, wrong } = fuzz(target, Number(values.count), seed);
    const seconds = Math.round((Date.now() - began) / 1000);
    console.log(`| ${target.name} | ${tried} | ${accepted} | ${wrong.length} | ${seconds} |`);
    for (const { input, said } of wrong.slice(0, 5)) console.log(`  ${JSON.stringify(input)}: ${said}`);
    if (wrong.length > 0) failed++;
    else passed++;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = main();
