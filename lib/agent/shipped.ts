import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The programs that travel with every stack: the agent, its check library, and the runner. */
export interface ShippedPrograms {
  readonly "agent.sh": string;
  readonly "checks.sh": string;
  readonly "deploy.cjs": string;
}

let cache: ShippedPrograms | undefined;

/** Reads the programs once; works from `lib/` (tests, tsx) and from the built `dist/`. */
export function shipped(): ShippedPrograms {
  cache ??= {
    "agent.sh": assembleAgent(join(__dirname, "parts")),
    "checks.sh": readFileSync(join(__dirname, "checks.sh"), "utf8"),
    "deploy.cjs": readRunner(),
  };
  return cache;
}

/** The agent is written in parts, one concept each, and shipped as one file, so that a host needs just that one. */
function assembleAgent(directory: string): string {
  const parts = readdirSync(directory)
    .filter((name) => name.endsWith(".sh"))
    .sort();
  return parts.map((name) => readFileSync(join(directory, name), "utf8")).join("\n");
}

function readRunner(): string {
  const built = join(__dirname, "..", "deploy.cjs");
  if (existsSync(built)) return readFileSync(built, "utf8");
  return bundleRunner(join(__dirname, "..", "deploy", "main.ts"));
}

/** From source there is no bundle yet; esbuild is a development dependency, so only a checkout gets here. */
function bundleRunner(entry: string): string {
  const esbuild: typeof import("esbuild") = require("esbuild");
  const { RUNNER_BUILD } = require("./runner-build.cjs") as { RUNNER_BUILD: import("esbuild").BuildOptions };
  const result = esbuild.buildSync({ ...RUNNER_BUILD, entryPoints: [entry], write: false });
  return result.outputFiles?.[0]?.text ?? "";
}
