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
const UNSAFE_SEQUENCE = /'''|'\$\{|[ \t](?:\n|$)/;

/**
 * Whether a string whose text parts are `parts` (at least one) means the same when written as a '' string:
 * Nix strips the smallest indentation, drops a blank first line, and treats quotes and dollars in its own way.
 * Parts must begin with "" when the string begins with an interpolation, likewise at the end.
 */
export function fitsIndented(parts: TextParts): boolean {
  if (!parts.at(-1)!.endsWith("\n")) return false;
  let atLineStart = true;
  let unindentedLine = false;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!;
    if (UNSAFE_IN_INDENTED.test(part)) return false;
    if (!fitsBetweenInterpolations(part, index > 0, index < parts.length - 1)) return false;
    unindentedLine ||= hasUnindentedLine(part, atLineStart, index < parts.length - 1);
    atLineStart = part.endsWith("\n");
  }
  return unindentedLine && !parts[0]!.startsWith("\n");
}

function fitsBetweenInterpolations(part: string, after: boolean, before: boolean): boolean {
  // A blank before an interpolation is not a trailing blank; one at the start of a line would be.
  const seen = before ? `${part}x` : part;
  if (UNSAFE_SEQUENCE.test(after ? `x${seen}` : seen)) return false;
  if (before && /['$]$/.test(part)) return false;
  return !(after && part.startsWith("'"));
}

function hasUnindentedLine(part: string, atLineStart: boolean, before: boolean): boolean {
  if (atLineStart && (part === "" ? before : /^[^ \n]/.test(part))) return true;
  return /\n[^ \n]/.test(part) || (before && part.endsWith("\n"));
}

/** Text as the inside of a '' string; only for text that {@link fitsIndented} accepts. Lines get `indent` in front. */
export function escapeIndented(text: string, indent: string, atLineStart: boolean): string {
  const escaped = text.replaceAll("''", "'''").replaceAll("${", "''${");
  const lines = escaped.replace(/\n(?!\n|$)/g, `\n${indent}`);
  return atLineStart && text !== "" && !text.startsWith("\n") ? indent + lines : lines;
}
