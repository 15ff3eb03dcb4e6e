import { defineProblem } from "../../errors";

const LINE = defineProblem("NL-LINE", "What is written as one line has no line break");
export const NOT_A_WORD = defineProblem("NL-WORD", "A name that stands in files is one plain word");

// Forms of text and numbers that several kinds of settings ask for.

const WORD = /^[A-Za-z0-9_.:,@%/+=-]+$/;

export const MOST_UINT32 = 2 ** 32 - 1;

/** Characters that an archive keeps of a name, less than systemd's 255. */
export const NAME_LENGTH = 100;

/** Control characters but for tabs, and a backslash at the end, which systemd and udev read as "goes on in the next line". */
export const BREAKS_LINE = /[\0-\x08\x0a-\x1f\x7f]|\\\s*$/;

export function assertWord(path: string, what: string, word: string): void {
  if (WORD.test(word)) return;
  throw NOT_A_WORD({ path, what: `not a valid ${what}`, value: word, allowed: "A-Z a-z 0-9 _ . : , @ % / + = -" });
}

/** What becomes the name of a file. The limit is what an archive keeps of a name. */
export function assertFileName(path: string, what: string, name: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}$/.test(name)) return;
  throw NOT_A_WORD({
    path,
    what: `not a valid ${what}`,
    value: name,
    allowed: "A-Z a-z 0-9 _ . @ + -, at most 100 characters, first a letter, digit or _",
    remedy: `"netloom-example"`,
  });
}

/** Refuses text that would spread over more than one line of a file. */
export function assertLine(path: string, what: string, text: string): void {
  if (text !== "" && !BREAKS_LINE.test(text)) return;
  throw LINE({
    path,
    what: `${what} is not one line`,
    value: text,
    allowed: "one line of text without control characters, not ending in a backslash",
  });
}

export function isWhole(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}
