// Bundles the bench and runs it: node bench/run.mjs --help
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

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
const bench = [join(root, "target/bench/main.cjs"), ...process.argv.slice(2)];
process.exit(spawnSync(process.execPath, bench, { stdio: "inherit", cwd: root }).status ?? 1);
