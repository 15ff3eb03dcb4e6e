import { cpSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Bench } from "./bench";
import type { Line } from "./line";

/** What `cdktf init` writes, as far as it bears on the time to check. */
const COMPILER_OPTIONS = {
  target: "ES2022",
  module: "CommonJS",
  moduleResolution: "node",
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  types: ["node"],
};

/** `tsc --noEmit` of a user's stack against a stack that writes the same settings with plain cdktf. */
export function typeCheckLine(repetitions: number): Line {
  return {
    id: "type-check",
    title: "tsc --noEmit of a user's stack",
    against: "the same settings on plain cdktf",
    repetitions,
    measure: (bench) => ({ subject: check(bench, "with-netloom.ts"), reference: check(bench, "plain-cdktf.ts") }),
  };
}

function check(bench: Bench, stack: string) {
  // Inside the project: TypeScript looks for packages from the file upwards.
  const directory = bench.placeInProject(stack.replace(".ts", ""));
  cpSync(join(bench.project, "bench", "stacks", stack), join(directory, "main.ts"));
  const types = join(bench.project, "dist", "index.d.ts");
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...COMPILER_OPTIONS, paths: { netloom: [types] } }, files: ["main.ts"] }),
  );
  const tsc = createRequire(join(bench.project, "package.json")).resolve("typescript/bin/tsc");
  return bench.command(directory, process.execPath, [tsc, "-p", directory]);
}
