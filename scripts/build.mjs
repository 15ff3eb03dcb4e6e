// lib/ → dist/: the compiled library, the shell programs, and the programs that run at deploy time, each one file without dependencies.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

writeFileSync(join(dist, "index.js"), lazyIndex());
// The Nix printer and the catalogue of NixOS options are a third of what a stack of other hosts would load.
loadLate("render/host.js", "./nixos");
loadLate("render/index.js", "./flake");

for (const directory of ["agent", "checks", "shared"]) {
  cpSync(join(root, "lib/agent", directory), join(dist, "agent", directory), { recursive: true });
}
cpSync(join(root, "lib/constructs/rdma/host"), join(dist, "constructs/rdma/host"), { recursive: true });

for (const description of ["lib/deploy/bundle.json", "lib/constructs/cloudlab/portal/bundle.json"]) {
  const bundle = JSON.parse(readFileSync(join(root, description), "utf8"));
  buildSync({ ...bundle, absWorkingDir: root, logLevel: "warning" });
}

/** The public face again, with each room loaded when something of it is first used: a stack without clusters does not pay for Cilium. */
function lazyIndex() {
  const load = createRequire(join(dist, "index.js"));
  const eager = readFileSync(join(dist, "index.js"), "utf8");
  const rooms = [...eager.matchAll(/require\("(\.[^"]+)"\)/g)].map(([, room]) => room);
  const names = Object.entries(load("./index.js")).map(([name, value]) => {
    const whole = rooms.find((room) => load(room) === value);
    if (whole !== undefined) return [name, `require("${whole}")`];
    return [name, `require("${rooms.find((room) => Object.hasOwn(load(room), name))}").${name}`];
  });
  return [
    '"use strict";',
    'Object.defineProperty(exports, "__esModule", { value: true });',
    "const lazy = {",
    ...names.map(([name, from]) => `  ${name}: () => ${from},`),
    "};",
    "for (const [name, load] of Object.entries(lazy)) {",
    "  const get = () => {",
    "    const value = load();",
    "    // Once it is there it is a plain property: require() takes its time on every call.",
    "    Object.defineProperty(exports, name, { enumerable: true, value });",
    "    return value;",
    "  };",
    "  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get });",
    "}",
    "// For Node's import of named exports, which reads this line and does not run it.",
    `0 && (module.exports = { ${names.map(([name]) => name).join(", ")} });`,
    "",
  ].join("\n");
}

/** Lets the module `file` load `needed` when it first uses a member of it. */
function loadLate(file, needed) {
  const path = join(dist, file);
  const text = readFileSync(path, "utf8");
  const pattern = new RegExp(`= require\\("${needed}"\\);`);
  if (!pattern.test(text)) throw new Error(`${file} does not require ${needed} any more`);
  writeFileSync(path, text.replace(pattern, `= new Proxy({}, { get: (_, name) => require("${needed}")[name] });`));
}
