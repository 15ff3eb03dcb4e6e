const NEEDS_ESCAPE = /[\\"\n\r\t]|\$\{/;
const ESCAPED = /[\\"\n\r\t]|\$\{/g;

/** Text as the inside of a `"…"` string. */
export function escapeQuoted(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replace(ESCAPED, escapeOne) : text;
}

function escapeOne(found: string): string {
  switch (found) {
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    case "\t":
      return "\\t";
    default:
      return `\\${found}`;
  }
}

/**
 * Text as the inside of a `"…"` string, directly before an interpolation: there a final `$` must be escaped, because
 * Nix reads `$$` as a pair and `$${x}` as plain text.
 */
export function escapeBeforeInterpolation(text: string): string {
  const escaped = escapeQuoted(text);
  return text.endsWith("$") ? `${escaped.slice(0, -1)}\\$` : escaped;
}

const ILL_FORMED = /[\uD800-\uDFFF]/;
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Why `text` cannot be a Nix string, or undefined when it can. Nix 2.8 silently cuts strings at NUL. */
export function stringFault(text: string): string | undefined {
  if (text.includes("\0")) return "holds a NUL character, at which Nix cuts the string";
  if (ILL_FORMED.test(text) && LONE_SURROGATE.test(text))
    return "holds half of a surrogate pair, which has no UTF-8 form";
  return undefined;
}

/** The text parts of a string; the gaps between them are interpolations. */
type TextParts = readonly string[];

// Characters that keep their meaning in '' strings and are visible in an editor.
const UNSAFE_IN_INDENTED = /[^\t\n\x20-\x7e\u00a0-\uffff]|[\u2028\u2029\ufeff]/;
const TRAILING_BLANK = /[ \t](?:\n|$)/;

/**
 * Whether a string whose text parts are `parts` (at least one) means the same, and reads well, when written as a '' string:
 * Nix strips the smallest indentation and drops a blank first line, and editors strip blanks at the end of a line. Parts
 * must begin with "" when the string begins with an interpolation, likewise at the end.
 */
export function fitsIndented(parts: TextParts): boolean {
  if (parts[0]!.startsWith("\n") || !parts.at(-1)!.endsWith("\n")) return false;
  let atLineStart = true;
  let unindentedLine = false;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!;
    const before = index < parts.length - 1;
    // A blank before an interpolation does not end its line.
    if (UNSAFE_IN_INDENTED.test(part) || TRAILING_BLANK.test(before ? `${part}x` : part)) return false;
    unindentedLine ||= hasUnindentedLine(part, atLineStart, before);
    atLineStart = part.endsWith("\n");
  }
  return unindentedLine;
}

function hasUnindentedLine(part: string, atLineStart: boolean, before: boolean): boolean {
  if (atLineStart && (part === "" ? before : /^[^ \n]/.test(part))) return true;
  return /\n[^ \n]/.test(part) || (before && part.endsWith("\n"));
}

/**
 * Text as the inside of a '' string; only for text that {@link fitsIndented} accepts. Lines get `indent` in front.
 *
 * @param before whether an interpolation follows directly
 */
export function escapeIndented(text: string, indent: string, atLineStart: boolean, before: boolean): string {
  const escaped = escapeQuotesAndDollars(text, before);
  const lines = escaped.replace(/\n(?!\n|$)/g, `\n${indent}`);
  return atLineStart && text !== "" && !text.startsWith("\n") ? indent + lines : lines;
}

/**
 * Two quotes are written as three, `${`, and a `$` directly before an interpolation, with `''` in front. One quote
 * directly before that or before an interpolation is written as `''\'`: it would join with what follows.
 */
function escapeQuotesAndDollars(text: string, before: boolean): string {
  if (!/''|\$\{|['$]$/.test(text)) return text;
  return text.replace(/('*)(\$\{|\$?$)|''+/g, (found: string, quotes = found, next?: string) => {
    const escapes = next === "${" || (next === "$" && before);
    const isExposed = escapes || (next === "" && before);
    const single = quotes.length % 2 === 0 ? "" : isExposed ? "''\\'" : "'";
    return "'''".repeat(quotes.length >> 1) + single + (escapes ? `''${next}` : (next ?? ""));
  });
}
