import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  /** Words behind the language, e.g. `file=hosts/node-1/plan`. */
  readonly words: readonly string[];
  readonly text: string;
  readonly line: number;
}

/** An example: code, and the blocks behind it that show what comes of it. */
export interface Example {
  readonly page: string;
  readonly line: number;
  readonly code: string;
  /** Blocks with `file=…`, `error`, `warning` or `note`. */
  readonly shown: readonly Block[];
}

const FENCE = /^```(\w+)([^\n]*)\n(.*?)^```$/gms;

/** Words of blocks that show what comes of the example before them. */
const SHOWS = /^(error|warning|note|file=.+)$/;

export function blocks(markdown: string): readonly Block[] {
  return [...markdown.matchAll(FENCE)].map((match) => ({
    language: match[1]!,
    words: match[2]!.trim().split(/\s+/).filter(Boolean),
    text: match[3]!,
    line: markdown.slice(0, match.index).split("\n").length,
  }));
}

/** The examples of a page. A block `ts more` goes on where the one before it ended; `ts not-run` is only type-checked. */
export function examples(page: string, markdown: string): readonly Example[] {
  const found: { page: string; line: number; code: string; shown: Block[] }[] = [];
  for (const block of blocks(markdown)) {
    const last = found.at(-1);
    if (block.language === "ts") {
      const before = block.words.includes("more") && last !== undefined ? last.code : "";
      found.push({ page, line: block.line, code: `${before}${block.text}`, shown: [] });
      if (block.words.includes("not-run")) found.at(-1)!.shown.push(block);
    } else if (block.words.some((word) => SHOWS.test(word))) last?.shown.push(block);
  }
  return found;
}

/** All pages of the documentation, and the README. */
export function pages(): readonly string[] {
  const inDocs = readdirSync("docs", { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".md"));
  return ["README.md", ...inDocs.map((path) => join("docs", path)).sort()];
}

export const pageText = (page: string): string => readFileSync(page, "utf8");
