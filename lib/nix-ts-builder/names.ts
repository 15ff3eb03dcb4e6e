import { escapeQuoted } from "./strings";

/** A name without quotes: none of the words that Nix never reads as a name. `or` could be an attribute, but no variable. */
const IDENTIFIER = /^(?!(?:if|then|else|assert|with|let|in|rec|inherit|or)$)[A-Za-z_][A-Za-z0-9_'-]*$/;

/**
 * Names that Nix itself looks up when it reads other syntax (`a - b` calls `__sub`, `<x>` calls `__findFile`), or that
 * this printer writes for literals. Binding one of them as a variable would silently change what other text means.
 */
const SYNTAX_NAMES: ReadonlySet<string> = new Set([
  "true",
  "false",
  "null",
  "toString",
  "builtins",
  "__sub",
  "__mul",
  "__div",
  "__lessThan",
  "__findFile",
  "__nixPath",
  "__curPos",
]);

/** Whether `name` can be written as a variable or function argument. */
export function isVariable(name: string): boolean {
  return IDENTIFIER.test(name);
}

/** Whether binding a variable called `name` would change the meaning of literals or operators in its scope. */
export function capturesSyntax(name: string): boolean {
  return SYNTAX_NAMES.has(name);
}

/** An attribute name as Nix text: bare where Nix allows it, else as a quoted string. */
export function quoteName(name: string): string {
  return isVariable(name) ? name : `"${escapeQuoted(name)}"`;
}
