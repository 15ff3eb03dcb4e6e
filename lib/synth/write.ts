import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { OutputFile } from "./output";

/**
 * Writes `content` unless the file has it already; whole or not at all. Returns whether it wrote.
 */
export function writeIfChanged(path: string, content: string | Buffer, mode?: string): boolean {
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const wanted = mode === undefined ? undefined : Number.parseInt(mode, 8);
  const before = statSync(path, { throwIfNoEntry: false });
  if (before?.isFile() && before.size === bytes.length && bytes.equals(readFileSync(path))) {
    if (wanted === undefined || (before.mode & 0o777) === wanted) return false;
    chmodSync(path, wanted);
    return true;
  }
  if (before === undefined) mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.netloom-new`;
  writeFileSync(temporary, bytes, { mode: wanted ?? 0o644 });
  if (wanted !== undefined) chmodSync(temporary, wanted);
  renameSync(temporary, path);
  return true;
}

/** Writes the output of a stack and removes what an earlier run wrote and this one does not. Other files are never touched. */
export function writeOutput(directory: string, files: ReadonlyMap<string, OutputFile>): void {
  const stale = writtenBefore(directory).filter((path) => !files.has(path));
  for (const [path, file] of files) {
    if (path !== INDEX) writeIfChanged(join(directory, path), file.content, file.mode);
  }
  for (const path of stale) removeStale(directory, path);
  // Last, so that an interrupted run still knows what it has to clean up.
  const index = files.get(INDEX);
  if (index !== undefined) writeIfChanged(join(directory, INDEX), index.content, index.mode);
}

const INDEX = "netloom.json";

interface EarlierIndex {
  readonly hosts?: Readonly<Record<string, { readonly files?: Readonly<Record<string, unknown>> }>>;
  readonly files?: readonly string[];
}

/** Paths that the index of the last run names. An index that cannot be read means that nothing is removed. */
function writtenBefore(directory: string): readonly string[] {
  const path = join(directory, INDEX);
  if (!existsSync(path)) return [];
  try {
    const index = JSON.parse(readFileSync(path, "utf8")) as EarlierIndex;
    const hosts = Object.entries(index.hosts ?? {}).flatMap(([host, entry]) =>
      [...Object.keys(entry.files ?? {}), "settings.json"]
        .filter((p) => !p.startsWith("wireguard/"))
        .map((p) => `hosts/${host}/${p}`),
    );
    const all = [...hosts, ...(index.files ?? [])];
    return all.filter((p) => typeof p === "string" && !p.startsWith("/") && !p.split("/").includes(".."));
  } catch {
    return [];
  }
}

function removeStale(directory: string, path: string): void {
  rmSync(join(directory, path), { force: true });
  for (let parent = dirname(path); parent !== "." && parent !== "/"; parent = dirname(parent)) {
    try {
      rmdirSync(join(directory, parent));
    } catch {
      return;
    }
  }
}
