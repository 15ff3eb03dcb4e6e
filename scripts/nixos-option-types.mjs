/**
 * Compares the types of the option catalogue (lib/render/nixos-options) with those that a nixpkgs tree declares.
 *
 *   node scripts/nixos-option-types.mjs <nixpkgs tree> <its release, e.g. 24.11>
 *
 * The tree is a whole checkout, of a release that the installed nix-instantiate may evaluate (nix 2.8: up to 25.05). Prints what
 * differs, and ends with status 1 then. Keys of systemd files are no options of NixOS (it checks them by assertions), so they
 * are not compared.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { tsImport } from "tsx/esm/api";

const [given, release] = process.argv.slice(2);
if (
  given === undefined ||
  !/^\d\d\.\d\d$/.test(release ?? "") ||
  !existsSync(join(given, "nixos/lib/eval-config.nix"))
) {
  console.error("usage: node scripts/nixos-option-types.mjs <nixpkgs tree> <its release>");
  process.exit(2);
}
const { NIXOS_OPTIONS } = await tsImport("../lib/render/nixos-options/catalogue.ts", import.meta.url);

/** Where the catalogue knows more than NixOS's description tells. */
const NARROWER = [
  [/\.prefixLength$/, "a check of NixOS's own that its description does not show"],
  [/wg-quick.*\.publicKey$/, "a line break would end the key in the file that wg-quick reads"],
];

/** From the words of NixOS to those of the catalogue, in this order. */
const WORDS = [
  [/\(attribute set of boolean\) or \(list of string\) convertible to it/g, "list of string"],
  [/16 bit unsigned integer; between 0 and 65535 \(both inclusive\)/g, "port"],
  [/\(?unsigned integer, meaning >=0\)?/g, "unsigned"],
  [/signed integer/g, "int"],
  [/boolean/g, "bool"],
  [/\(optionally newline-terminated\) single-line string/g, "line"],
  [/strings concatenated with "\\n"( or \(list of string\) convertible to it)?/g, "lines"],
  [/list of string, with spaces inside double quotes/g, "list of parameter"],
  [/string matching the pattern \[a-zA-Z0-9@%:_.\\-\]\+\[\.\]\(service.*\)/g, "unit"],
  [/string matching the pattern .*|non-empty string/g, "string"],
  [/one of ("[^"]*"(, "[^"]*")*)/g, (_, values) => values.replaceAll(", ", " or ")],
  [/attribute set of \(systemd option\)/g, "attrs"],
  // Without a value there is nothing to say, so the catalogue does not offer null.
  [/^null or \(attribute set\) or list of \(attribute set\)$/, "attrs or list of attrs"],
  [/attribute set/g, "attrs"],
];

const catalogue = NIXOS_OPTIONS.filter(
  ({ since = "00.00", until = "99.99" }) => since <= release && release <= until,
).map(({ path, type }) => ({ path: path.replaceAll('"', ""), type }));
const declared = readTypes(resolve(given), [...new Set(catalogue.map(({ path }) => rootOf(path)))]);

const compared = catalogue.filter(({ path }) => declared.has(path));
const differing = compared.filter(
  ({ path, type }) => !sameType(type, declared.get(path)) && !NARROWER.some(([name]) => name.test(path)),
);
for (const { path, type } of differing) console.log(`${path}: ${type}\n  NixOS: ${declared.get(path)}`);
const settings = catalogue.length - compared.length;
console.log(`${compared.length} options compared, ${differing.length} differ; ${settings} are no options of their own`);
process.exit(differing.length === 0 && compared.length > 0 ? 0 : 1);

/** The first names of an option, as far as they are fixed: `systemd.services.*.path` → `systemd.services`. */
function rootOf(path) {
  return path.split(".*")[0].split(".").slice(0, 2).join(".");
}

/** The description of the type of every option below the roots, by path; `*` stands for any name or position. */
function readTypes(tree, roots) {
  const expression = `
    let
      lib = import ${tree}/lib;
      module = { system.stateVersion = "${release}"; };
      evaluated = import ${tree}/nixos/lib/eval-config.nix { system = "x86_64-linux"; modules = [ module ]; };
      internal = [ "_module" "_freeformOptions" ];
      walkAll = path: set: lib.concatMap (name: walk (path ++ [ name ]) set.\${name}) (builtins.attrNames (removeAttrs set internal));
      walk = path: it:
        if lib.isOption it then [ { name = lib.concatStringsSep "." path; value = it.type.description or ""; } ] ++ inside path it.type
        else if builtins.isAttrs it then walkAll path it else [ ];
      inside = path: type:
        let
          tried = builtins.tryEval (let set = type.getSubOptions [ ]; in builtins.seq (builtins.attrNames set) set);
          step = if builtins.elem type.name [ "attrsOf" "lazyAttrsOf" "listOf" ] then [ "*" ] else [ ];
        in if tried.success then walkAll (path ++ step) tried.value else [ ];
      below = root: let path = lib.splitString "." root; in walk path (lib.attrByPath path { } evaluated.options);
    in builtins.listToAttrs (lib.concatMap below ${nixList(roots)})`;
  const args = ["--store", "dummy://", "--eval", "--strict", "--json", "-E", expression];
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", NIX_PATH: "" };
  const json = execFileSync("nix-instantiate", args, { encoding: "utf8", env, maxBuffer: 2 ** 26 });
  return new Map(Object.entries(JSON.parse(json)));
}

function nixList(names) {
  return `[ ${names.map((name) => JSON.stringify(name)).join(" ")} ]`;
}

/** Whether the catalogue's words say what NixOS's do. Where NixOS takes more than we ever write, the words may be narrower. */
function sameType(ours, theirs) {
  if (ours === "section") return /^(attribute set|submodule)/.test(theirs);
  if (ours === "sections") return /^list of \(?(attribute set|submodule)/.test(theirs);
  return sorted(ours) === sorted(simplified(theirs));
}

function sorted(type) {
  return type.replaceAll(/[()]/g, "").split(" or ").sort().join(" or ");
}

/** NixOS's description in the catalogue's words. */
function simplified(description) {
  return WORDS.reduce((text, [pattern, word]) => text.replace(pattern, word), description);
}
