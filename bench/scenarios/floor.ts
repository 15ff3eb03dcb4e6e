import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { filesBelow, measured, type Sample } from "../measure";

/** A file taken apart into what a program would have in memory before it makes the text. */
type Source = { readonly path: string } & ({ readonly json: unknown } | { readonly lines: readonly string[] });

/**
 * The floor: the least that any program must do to end with the same files. The data are in memory already; JSON is
 * printed with `JSON.stringify`, every other text joined from its lines, and each file written once, in one call.
 */
export function floor(from: string): Sample {
  const to = `${from}.floor`;
  rmSync(to, { recursive: true, force: true });
  const sources = filesBelow(from).map((path) => takeApart(path, relative(from, path)));
  const sample = measured(() => write(to, sources), to);
  rmSync(to, { recursive: true, force: true });
  return sample;
}

function write(to: string, sources: readonly Source[]): void {
  const made = new Set<string>();
  for (const source of sources) {
    const path = join(to, source.path);
    const directory = dirname(path);
    if (!made.has(directory)) {
      mkdirSync(directory, { recursive: true });
      made.add(directory);
    }
    writeFileSync(path, "json" in source ? JSON.stringify(source.json, undefined, 2) : source.lines.join("\n"));
  }
}

function takeApart(path: string, relativePath: string): Source {
  const text = readFileSync(path, "utf8");
  return path.endsWith(".json")
    ? { path: relativePath, json: JSON.parse(text) }
    : { path: relativePath, lines: text.split("\n") };
}
