/** `text` as one word of POSIX sh; in quotes where it needs them. No shell can hold a NUL byte. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : quoteAlways(text);
}

/** `text` as one word in single quotes, also where none are needed. */
export function quoteAlways(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The pattern of a word in single quotes. */
export const QUOTED = String.raw`'(?:[^']|'\\'')*'`;

/** The texts of words in single quotes. */
export function unquoted(words: string): readonly string[] {
  return (words.match(new RegExp(QUOTED, "g")) ?? []).map((word) => word.slice(1, -1).replaceAll(`'\\''`, "'"));
}
