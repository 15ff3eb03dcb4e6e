/**
 * What an escape sequence of a terminal looks like: control sequences (colours, the cursor), strings (titles, links), and
 * the two-character ones. An unterminated string ends with its line, so that it hides no more than that.
 */
const ESCAPES = new RegExp(
  [
    "(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]?",
    "\\x1b[\\]PX^_][^\\x07\\x1b\\n]*(?:\\x07|\\x1b\\\\)?",
    "\\x1b[ -/]*[0-~]?",
  ].join("|"),
  "gu",
);

/**
 * Characters that a terminal acts on or that change how text around them reads: C0 but tab and newline, DEL, C1, marks
 * and overrides of writing direction, separators of lines, tags.
 */
const CONTROLS =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/**
 * Text of a host without anything that a terminal, a log or a reader could mistake for something else. Everything that
 * a host says passes through here before it is shown or written.
 */
export function clean(text: string): string {
  return text
    .replaceAll(/\r+\n?/g, "\n")
    .replaceAll(ESCAPES, "")
    .replaceAll(CONTROLS, "");
}

/** Clean text on one line, of at most `limit` characters. */
export function oneLine(text: string, limit: number): string {
  return shortened(clean(text).replaceAll(/\s+/g, " ").trim(), limit);
}

/** The beginning of a long text, marked as such. */
export function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)} … (${text.length} characters)`;
}
