import type { NixInput } from "../nix-input";
import { defineKind } from "./kind";

/** A raw NixOS option, the escape hatch for what Netloom has no word for. */
export interface NixOption {
  /** Plain data, or an expression of nix-ts-builder. */
  readonly value: NixInput;
}

export const NIXOS = defineKind({
  noun: "NixOS option",
  record(_, option: string, value: NixInput) {
    const set: NixOption = { value };
    return [[option, set]];
  },
  effect: () => "unknown",
  // An expression has no JSON.
  show: () => undefined,
});
