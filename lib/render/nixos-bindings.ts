import type { Provenance } from "../host";
import { type BindNode, lib, nix, type NixValue } from "../nix-ts-builder";
import { reasonText } from "./reason";

/** One option with its value, its reason as a comment, and its priority in the words of the module system. */
export function option(path: readonly string[], value: NixValue, from: Provenance): BindNode {
  return nix.bind(path, prioritised(value, from), { comment: reasonText(from), origin: from.origin });
}

/** Several settings that end up in one list-valued option; each keeps its reason in the comment above. */
export function listOption(path: readonly string[], items: readonly (readonly [NixValue, Provenance])[]): BindNode[] {
  if (items.length === 0) return [];
  const comment = [...new Set(items.map(([, from]) => reasonText(from)))].join("\n");
  return [nix.bind(path, unique(items.map(([value]) => value)), { comment })];
}

/** An option that Netloom itself needs. */
export function plain(path: readonly string[], value: NixValue, comment: string): BindNode {
  return nix.bind(path, value, { comment });
}

function prioritised(value: NixValue, from: Provenance): NixValue {
  if (from.priority === "force") return lib.mkForce(value);
  return from.priority === "default" ? lib.mkDefault(value) : value;
}

function unique(values: readonly NixValue[]): NixValue[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = JSON.stringify(value);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}
