import type { NixValue } from "../nix-ts-builder";

/** What may be given as the value of a NixOS option: plain data, or an expression made with `netloom/nix-ts-builder`. */
export type NixInput = NixValue;
