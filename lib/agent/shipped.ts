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
    "agent.sh": assemble("agent"),
    "checks.sh": assemble("checks"),
    "deploy.cjs": readRunner(),
  };
  return cache;
}

/**
 * The agent and its checks are written in parts, one concept each, and shipped as one file each, so that a host needs
 * nothing else. What both have to read alike (`shared/`) goes into both, after the head that sets shell and paths.
 */
function assemble(program: "agent" | "checks"): string {
  const [head, ...rest] = parts(program);
  return [head, ...parts("shared"), ...rest].join("\n");
}

function parts(directory: string): string[] {
  return readdirSync(join(__dirname, directory))
    .filter((name) => name.endsWith(".sh"))
    .sort()
    .map((name) => readFileSync(join(__dirname, directory, name), "utf8"));
}

function readRunner(): string {
  const built = join(__dirname, "..", "deploy.cjs");
  return existsSync(built) ? readFileSync(built, "utf8") : bundleRunner();
}

/** From source there is no bundle; esbuild is a development dependency, so only a checkout gets here. */
function bundleRunner(): string {
  const esbuild: typeof import("esbuild") = require("esbuild");
  const result = esbuild.buildSync({
    ...(JSON.parse(readFileSync(join(__dirname, "..", "deploy", "bundle.json"), "utf8")) as object),
    absWorkingDir: join(__dirname, "..", ".."),
    write: false,
  });
  const [file] = result.outputFiles ?? [];
  if (file === undefined) throw new Error("esbuild wrote no bundle of the runner");
  return file.text;
}
