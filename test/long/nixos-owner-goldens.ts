import { createHash } from "node:crypto";
import { join } from "node:path";

/** What the module system made of an owner's configuration and a module, or why it made nothing. */
export interface Reading {
  readonly error?: string;
  readonly assertions?: readonly string[];
  readonly warnings?: readonly string[];
  readonly [option: string]: unknown;
}

/** One file of test/fixtures/nixos/owners: what was judged, by hashes, and what was read. */
export interface OwnerGolden {
  readonly owner: string;
  /** Version of the nixpkgs tree. */
  readonly nixpkgs: string;
  readonly hosts: Readonly<Record<string, { readonly module: string; readonly read: Reading }>>;
}

export function goldenPath(owner: string): string {
  return join(__dirname, "../fixtures/nixos/owners", `${owner}.json`);
}

/** Of what Nix reads: comments say why, and change nothing. */
export function moduleHash(module: string): string {
  const code = module.split("\n").filter((line) => !/^\s*#/.test(line));
  return createHash("sha256").update(code.join("\n")).digest("hex");
}
