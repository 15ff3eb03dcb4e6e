import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { guarded } from "./guard";

/** What a change makes of a file. */
export interface FileChange<R> {
  /** The new text. @default - the file stays as it is */
  readonly text?: string;
  /** What the caller wants to know. */
  readonly result: R;
}

/**
 * Reads, changes and writes a file that several processes share, while no other one does: `netloom.lock.json`, which
 * synthesis, the runner and the command line change. It is replaced whole or not at all.
 * `change` gets the text, or `undefined` where there is no file, and may run more than once.
 */
export function updateFile<R>(
  path: string,
  change: (text: string | undefined) => FileChange<R>,
  waiting: () => void = () => {},
): R {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    const done = guarded(path, waiting, (isOurs) => {
      const before = textOf(path);
      const { text, result } = change(before);
      if (text === undefined || text === before) return { result };
      write(`${path}.new`, text);
      // A process that was stopped for long has lost its guard: what it read may be old by now.
      if (!isOurs()) return undefined;
      renameSync(`${path}.new`, path);
      return { result };
    });
    if (done !== undefined) return done.result;
  }
}

function write(path: string, text: string): void {
  const file = openSync(path, "w");
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
