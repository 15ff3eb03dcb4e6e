import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { INDEX } from "../contract";
import type { OutputFile } from "./output";

/** Writes `content` unless the file has it already; whole or not at all. Returns whether it wrote. */
export function writeIfChanged(path: string, content: string, mode?: string): boolean {
  const before = statSync(path, { throwIfNoEntry: false });
  if (before === undefined) mkdirSync(dirname(path), { recursive: true });
  else if (isUnchanged(path, before, content, mode)) return false;
  replace(path, content, mode);
  return true;
}

function isUnchanged(path: string, before: Stats, content: string, mode?: string): boolean {
  // Of the mode only the executable bit is ours to say; the rest is the user's umask.
  const sameMode = mode === undefined || (before.mode & OWNER_EXECUTES) === (octal(mode) & OWNER_EXECUTES);
  return before.isFile() && sameMode && readFileSync(path, "utf8") === content;
}

function replace(path: string, content: string, mode?: string): void {
  const temporary = `${path}.netloom-new`;
  create(temporary, content, mode);
  renameSync(temporary, path);
}

function create(path: string, content: string, mode = "0644"): void {
  // The encoding is named because Node writes text without a copy only then.
  writeFileSync(path, content, { encoding: "utf8", mode: octal(mode) });
}

const OWNER_EXECUTES = 0o100;

function octal(mode: string): number {
  return Number.parseInt(mode, 8);
}

/**
 * Writes the output of a stack and removes what an earlier run wrote and this one does not. Other files are never
 * touched. Returns the names of the hosts that the earlier run had targets for.
 */
export function writeOutput(directory: string, files: ReadonlyMap<string, OutputFile>): readonly string[] {
  const earlier = earlierIndex(directory);
  const stale = earlier.paths.filter((path) => !files.has(path));
  const isNew = newDirectories(directory);
  for (const [path, file] of files) {
    if (path === INDEX) continue;
    const place = `${directory}/${path}`;
    // A file that the index does not name yet cannot be taken for a whole one, so it needs no second name.
    if (isNew(dirname(path))) create(place, file.content, file.mode);
    else writeIfChanged(place, file.content, file.mode);
  }
  for (const path of stale) removeStale(directory, path);
  // Last, so that an interrupted run still knows what it has to clean up.
  const index = files.get(INDEX);
  if (index !== undefined) writeIfChanged(join(directory, INDEX), index.content, index.mode);
  return earlier.deployed;
}

/**
 * Makes directories below `root`, and says of each whether it had to be made: then nothing in it has to be compared.
 * Parents first, so that the system is asked once for each: what is below a new directory is new.
 */
function newDirectories(root: string): (directory: string) => boolean {
  const made = new Map([[".", mkdirSync(root, { recursive: true }) !== undefined]]);
  const isNew = (directory: string): boolean => {
    const before = made.get(directory);
    if (before !== undefined) return before;
    const path = `${root}/${directory}`;
    const now = isNew(dirname(directory)) || !existsSync(path);
    if (now) mkdirSync(path, { recursive: true });
    made.set(directory, now);
    return now;
  };
  return isNew;
}

/** What an earlier run wrote, as far as its index can be read. */
interface EarlierIndex {
  /** Paths of ours. */
  readonly paths: readonly string[];
  /** Hosts that had a target. */
  readonly deployed: readonly string[];
}

/**
 * The index of the last run, of whatever schema: all of them name hosts, their files and other files by these words.
 * What cannot be read means that nothing is removed.
 */
function earlierIndex(directory: string): EarlierIndex {
  const index = record(parsed(join(directory, INDEX)));
  const hosts = Object.entries(record(index["hosts"])).map(([name, host]) => [name, record(host)] as const);
  const owned = hosts.flatMap(([name, { files }]) =>
    [...Object.keys(record(files)), "settings.json"].map((path) => `hosts/${name}/${path}`),
  );
  const others: unknown[] = Array.isArray(index["files"]) ? index["files"] : [];
  return {
    paths: [...owned, ...others.filter((path) => typeof path === "string")].filter(isBelow),
    deployed: hosts.filter(([, { target }]) => target !== undefined).map(([name]) => name),
  };
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

const isBelow = (path: string) => !path.startsWith("/") && !path.split("/").includes("..");

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
