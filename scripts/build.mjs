// lib/ → dist/: the compiled library, the shell programs, and the programs that run at deploy time, each one file without dependencies.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

const compiled = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.json")], { stdio: "inherit" });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

makeFacesLazy();

for (const directory of ["agent", "checks", "shared"]) {
  cpSync(join(root, "lib/agent", directory), join(dist, "agent", directory), { recursive: true });
}
cpSync(join(root, "lib/constructs/rdma/host"), join(dist, "constructs/rdma/host"), { recursive: true });

for (const description of ["lib/deploy/bundle.json", "lib/constructs/cloudlab/portal/bundle.json"]) {
  const bundle = JSON.parse(readFileSync(join(root, description), "utf8"));
  buildSync({ ...bundle, absWorkingDir: root, logLevel: "warning" });
}

/**
 * The `index.ts` of a room only re-exports, and what tsc makes of it loads the whole room. As it is shipped, a name loads the
 * file behind it when it is first used: a stack without clusters does not pay for Cilium, nor one without NixOS for Nix.
 * TypeScript has no lazy re-export for CommonJS to write this down in the source.
 */
function makeFacesLazy() {
  const names = readdirSync(dist, { recursive: true }).filter((name) => basename(name) === "index.js");
  // All are read before one is written: what stands behind a face is found out by loading it.
  const faces = names.map((name) => [join(dist, name), lazyFace(join(dist, name))]);
  for (const [file, text] of faces) if (text !== undefined) writeFileSync(file, text);
}

/** The text of a lazy face; none for an `index.js` that has content of its own. */
function lazyFace(file) {
  const load = createRequire(file);
  const behind = [...readFileSync(file, "utf8").matchAll(/require\("(\.[^"]+)"\)/g)].map(([, path]) => path);
  const sources = Object.entries(load(file)).map(([name, value]) => {
    const whole = behind.find((path) => load(path) === value);
    if (whole !== undefined) return [name, `require("${whole}")`];
    const path = behind.find((candidate) => load(candidate)[name] === value);
    return [name, path && `require("${path}").${name}`];
  });
  if (sources.some(([, source]) => source === undefined)) return undefined;
  return [
    '"use strict";',
    'Object.defineProperty(exports, "__esModule", { value: true });',
    "const sources = {",
    ...sources.map(([name, source]) => `  ${name}: () => ${source},`),
    "};",
    "for (const [name, load] of Object.entries(sources)) {",
    "  const get = () => {",
    "    const value = load();",
    "    Object.defineProperty(exports, name, { enumerable: true, value });",
    "    return value;",
    "  };",
    "  Object.defineProperty(exports, name, { configurable: true, enumerable: true, get });",
    "}",
    "// For Node's import of named exports, which reads this line and does not run it.",
    `0 && (module.exports = { ${sources.map(([name]) => name).join(", ")} });`,
    "",
  ].join("\n");
}
