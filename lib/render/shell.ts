import { shellWord } from "../contract";
import { defineProblem } from "../errors";

export const NUL = defineProblem("NL-NUL", "Texts have no NUL byte");

/** `text` as one word of POSIX sh, whatever it contains. */
export function quote(text: string): string {
  if (text.includes("\0")) throw NUL({ what: "a shell word cannot hold a NUL byte", value: text });
  return shellWord(text);
}

/** A command line of quoted words. */
export function command(...words: readonly string[]): string {
  return words.map(quote).join(" ");
}

/**
 * `text` as comment lines. Line ends cannot smuggle anything out of the comment, and neither can control characters:
 * systemd-modules-load takes what stands behind a NUL byte for the next line. A backslash at the end of a line is
 * omitted, since modprobe.d(5) joins the next line to it even in a comment.
 */
export function comment(text: string, mark = "#"): string {
  return text
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]+/g, " ")
    .split(/[\r\n\u2028\u2029]+/)
    .map((line) => `${mark} ${line}`.replace(/[\\\s]+$/, ""))
    .join("\n");
}
