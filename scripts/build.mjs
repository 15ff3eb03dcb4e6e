// lib/ → dist/: the compiled library, the shell programs, and the programs that run at deploy time, each one file without dependencies.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

const compiled = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.json")], { stdio: "inherit" });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

for (const directory of ["agent", "checks", "shared"]) {
  cpSync(join(root, "lib/agent", directory), join(dist, "agent", directory), { recursive: true });
}
cpSync(join(root, "lib/constructs/rdma/host"), join(dist, "constructs/rdma/host"), { recursive: true });

for (const description of ["lib/deploy/bundle.json", "lib/constructs/cloudlab/portal/bundle.json"]) {
  const bundle = JSON.parse(readFileSync(join(root, description), "utf8"));
  buildSync({ ...bundle, absWorkingDir: root, logLevel: "warning" });
}
