import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Tool } from "../../support/tools";

/** One case of the torture file; which fields it has depends on its kind. */
export interface TortureCase {
  readonly name: string;
  readonly kind: "value" | "float" | "special" | "expr" | "reject" | "format";
  readonly value?: unknown;
  readonly bigint?: string;
  readonly nix: string;
  readonly expectedJson: string;
  readonly check?: string;
  readonly input?: string | { readonly json?: string; readonly js?: string };
}

const FILE = fileURLToPath(new URL("../../../../shared/fixtures/nix/torture.json", import.meta.url));

/** The torture file, which lies next to the repository of those who have it. */
export const TORTURE: Tool = {
  available: existsSync(FILE),
  skipReason: "the torture file is not next to the repository",
};

export function tortureCases(...kinds: readonly TortureCase["kind"][]): readonly TortureCase[] {
  if (!TORTURE.available) return [];
  const cases = JSON.parse(readFileSync(FILE, "utf8")) as TortureCase[];
  return cases.filter(({ kind }) => kinds.includes(kind));
}
