// Builds the library and the bench and runs it: node bench/run.mjs [--quick] [line …]
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = (...args) => spawnSync(process.execPath, args, { stdio: "inherit", cwd: root }).status ?? 1;

if (!process.argv.includes("--no-build")) {
  const built = node(join(root, "scripts/build.mjs"));
  if (built !== 0) process.exit(built);
}
// `netloom` stays outside of the bundle: what is measured is the built package, as users get it.
buildSync({
  absWorkingDir: root,
  entryPoints: ["bench/main.ts", "bench/child.ts", "bench/compare-wg-meshconf.ts", "bench/profile.ts"],
  outdir: "target/bench",
  outExtension: { ".js": ".cjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  packages: "external",
  tsconfigRaw: {},
  logLevel: "warning",
});
process.exit(node(join(root, "target/bench/main.cjs"), ...process.argv.slice(2)));
