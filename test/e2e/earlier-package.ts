import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/**
 * Builds the package of an earlier commit from this repository's history, and a project that has it installed beside
 * everything else that this checkout has. Returns the project's directory, or why there is none.
 */
export function earlierPackage(repository: string, commit: string): { project: string } | { reason: string } {
  const cache = join(repository, "node_modules/.cache/netloom-e2e");
  const project = join(cache, `package-${commit}`);
  if (existsSync(project)) return { project };
  const known = spawnSync("git", ["-C", repository, "cat-file", "-e", `${commit}^{commit}`]);
  if (known.status !== 0) return { reason: `the history of this checkout does not reach back to ${commit}` };
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, "building-"));
  const source = join(scratch, "source");
  mkdirSync(source);
  must("sh", ["-c", 'git -C "$1" archive "$2" | tar -x -C "$3"', "sh", repository, commit, source]);
  symlinkSync(join(repository, "node_modules"), join(source, "node_modules"));
  must(process.execPath, [join(source, "scripts/build.mjs")]);
  install(repository, source, join(scratch, "project"));
  renameSync(join(scratch, "project"), project);
  rmSync(scratch, { recursive: true });
  return { project };
}

function install(repository: string, source: string, project: string): void {
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "netloom"), { recursive: true });
  for (const name of ["dist", "package.json"])
    cpSync(join(source, name), join(modules, "netloom", name), { recursive: true });
  for (const name of readdirSync(join(repository, "node_modules"))) {
    if (name !== "netloom" && !name.startsWith("."))
      symlinkSync(join(repository, "node_modules", name), join(modules, name));
  }
  // The names of this checkout must not lead from the earlier package into this one.
  const compilerOptions = { module: "ESNext", moduleResolution: "bundler", target: "ES2022" };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }));
}

function must(program: string, args: readonly string[]): void {
  const ran = spawnSync(program, [...args], { encoding: "utf8" });
  if (ran.status !== 0)
    throw new Error(`${program} ${args.join(" ")}: ${ran.error?.message ?? ran.stderr}${ran.stdout}`);
}
