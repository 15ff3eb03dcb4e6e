// Runs the whole test suite with `cdktf` aliased to `cdktn` (CDK Terrain) in a scratch copy of the checkout, whose own
// node_modules stays as it is. Arguments go to vitest: npm run test:cdktn -- test/synth
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const CDKTN = "0.24.0";
const CONSTRUCTS = ">=10.6.0 <10.8.0";
const LEFT_OUT = new Set([".git", "node_modules", "dist", "target", "cdktf.out", "coverage"]);

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "netloom-cdktn-"));
const copy = join(scratch, basename(root));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

mkdirSync(copy);
for (const name of readdirSync(root)) {
  if (!LEFT_OUT.has(name)) cpSync(join(root, name), join(copy, name), { recursive: true });
}
// Fixtures beside the checkout, where there are any.
const shared = resolve(root, "../shared");
if (existsSync(shared)) symlinkSync(shared, join(scratch, "shared"));

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const { "cdktf-cli": _, ...tools } = manifest.devDependencies;
manifest.devDependencies = { ...tools, cdktf: `npm:cdktn@${CDKTN}`, constructs: CONSTRUCTS };
manifest.overrides = { ...manifest.overrides, "@cdktf/provider-null": { cdktf: "$cdktf" } };
writeFileSync(join(copy, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);

run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--no-progress"]);
// The command line tool has a cdktf of its own inside and only starts programs, so it stays what it is.
symlinkSync(join(root, "node_modules/cdktf-cli"), join(copy, "node_modules/cdktf-cli"));
symlinkSync(join(root, "node_modules/.bin/cdktf"), join(copy, "node_modules/.bin/cdktf"));

const { name, version } = JSON.parse(readFileSync(join(copy, "node_modules/cdktf/package.json"), "utf8"));
if (name !== "cdktn" || version !== CDKTN)
  throw new Error(`node_modules/cdktf is ${name} ${version}, not cdktn ${CDKTN}`);
console.log(`testing with ${name} ${version} and constructs ${versionOf("constructs")}`);
run("npx", ["vitest", "run", ...process.argv.slice(2)]);

function versionOf(dependency) {
  return JSON.parse(readFileSync(join(copy, "node_modules", dependency, "package.json"), "utf8")).version;
}

function run(program, args) {
  const { status } = spawnSync(program, args, { cwd: copy, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
