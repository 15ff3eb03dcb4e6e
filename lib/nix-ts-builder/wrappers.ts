import type { CallNode, NixNode } from "./tree";

/** The functions of the module system whose last argument is what is really set. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "mkIf",
  "mkForce",
  "mkDefault",
  "mkOverride",
  "mkOptionDefault",
  "mkOrder",
  "mkBefore",
  "mkAfter",
  "mkMerge",
]);

/** Whether a call only says when, or how strongly, its content is set. */
export function isWrapper({ fn }: CallNode): boolean {
  return WRAPPERS.has(wrapperName(fn));
}

/** What a wrapper sets: one value, or with `mkMerge` several. */
export function contentsOf({ fn, args }: CallNode): readonly NixNode[] {
  const content = args.at(-1)!;
  return wrapperName(fn) === "mkMerge" && content.kind === "list" ? content.items : [content];
}

function wrapperName(fn: NixNode): string {
  if (fn.kind !== "select" || fn.base.kind !== "id" || fn.base.name !== "lib" || fn.path.length !== 1) return "";
  return typeof fn.path[0] === "string" ? fn.path[0] : "";
}
