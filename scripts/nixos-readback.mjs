/**
 * Evaluates the modules of test/nix-ts-builder/support/modules.ts with the real module system and keeps what it reads.
 *
 *   node scripts/nixos-readback.mjs <nixpkgs tree> <date of its last commit, e.g. 2026-06-14>
 *
 * The tree is a checkout of nixpkgs. One that holds `lib` only is enough for the modules that declare options; the others
 * need a whole one, of a release that the installed nix-instantiate may evaluate (nix 2.8: up to 25.05). Writes sha256
 * of each module, the JSON that was read back, and the versions of nixpkgs and nix to test/nix-ts-builder/goldens.
 * The tests compare the bytes of the modules with that sha256, so a module cannot change without being read again.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { tsImport } from "tsx/esm/api";

const [given, date] = process.argv.slice(2);
if (given === undefined || !/^\d{4}-\d\d-\d\d$/.test(date ?? "") || !existsSync(join(given, "lib"))) {
  console.error("usage: node scripts/nixos-readback.mjs <nixpkgs tree> <date of its last commit>");
  process.exit(2);
}
const tree = resolve(given);
const isWhole = existsSync(join(tree, "nixos/lib/eval-config.nix"));
const golden = fileURLToPath(new URL("../test/nix-ts-builder/goldens/read-back.json", import.meta.url));
const { MODULES, moduleText } = await tsImport("../test/nix-ts-builder/support/modules.ts", import.meta.url);

function nixInstantiate(expression) {
  const args = ["--store", "dummy://", "--eval", "--strict", "--json", "-E", expression];
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", NIX_PATH: "" };
  return JSON.parse(
    execFileSync("nix-instantiate", args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "inherit"] }),
  );
}

function expressionOf(module, file) {
  if (module.kind === "options") {
    return `let lib = import ${tree}/lib; evaluated = lib.evalModules { modules = [ ${file} ${module.setting} ]; };
      in (${module.read}) evaluated.config`;
  }
  // The least that makes a system: without it every evaluation fails on missing boot loader and file system.
  const base = `{ boot.loader.grub.enable = false; fileSystems."/" = { device = "x"; fsType = "ext4"; }; system.stateVersion = "24.11"; }`;
  return `let inherit (import ${tree}/nixos/lib/eval-config.nix { system = "x86_64-linux"; modules = [ ${file} ${base} ]; }) config;
    in { read = (${module.read}) config; failed = map (a: a.message) (builtins.filter (a: !a.assertion) config.assertions); inherit (config) warnings; }`;
}

const nixVersion = nixInstantiate("builtins.nixVersion");
const nixpkgs = `${nixInstantiate(`(import ${tree}/lib).version`)} of ${date}`;
const kept = existsSync(golden) ? JSON.parse(readFileSync(golden, "utf8")) : {};
const directory = mkdtempSync(join(tmpdir(), "nixos-readback-"));
try {
  for (const module of MODULES) {
    if (module.kind === "nixos" && !isWhole) {
      console.log(`${module.name}: kept, since ${given} holds no nixos/`);
      continue;
    }
    const text = moduleText(module);
    const file = join(directory, `${module.name}.nix`);
    writeFileSync(file, text);
    const read = nixInstantiate(expressionOf(module, file));
    const sha256 = createHash("sha256").update(text).digest("hex");
    kept[module.name] = { sha256, nix: nixVersion, nixpkgs, read };
    console.log(`${module.name}: ${sha256.slice(0, 12)} read by nix ${nixVersion}, nixpkgs ${nixpkgs}`);
  }
  const ordered = Object.fromEntries(MODULES.map(({ name }) => [name, kept[name]]));
  writeFileSync(golden, `${JSON.stringify(ordered, null, 2)}\n`);
} finally {
  rmSync(directory, { recursive: true });
}
