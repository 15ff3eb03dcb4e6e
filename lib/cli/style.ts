import { styleText } from "node:util";

/** How text is set off from other text; plain where the output is not a terminal or the user wants no colour. */
export interface Style {
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

export function style(colour: boolean): Style {
  const as = (format: Format) => (text: string) => (colour ? styleText(format, text, { validateStream: false }) : text);
  return { strong: as("bold"), faint: as("dim"), good: as("green"), bad: as("red"), warn: as("yellow") };
}

/** Whether colour is wanted: https://no-color.org, and `FORCE_COLOR` as Node has it. */
export function wantsColour(environment: Readonly<Record<string, string | undefined>>, terminal: boolean): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  const forced = environment["FORCE_COLOR"];
  return forced === undefined ? terminal : forced !== "0";
}

/** Rows as columns that line up; the last column is left as long as it is. */
export function columns(rows: readonly (readonly string[])[], gap = 2): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]! + gap))).join(""))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
