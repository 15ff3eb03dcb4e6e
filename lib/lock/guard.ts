import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";

/** Milliseconds after which a guard counts as left behind, whoever has it: it is held for as long as a file takes to write. */
const STALE = 30_000;
/** Milliseconds between two attempts. */
const PAUSE = 10;

/**
 * Holds `<path>.guard` while `run` runs, so that one process at a time changes the file. The guard says which process
 * has it: one that died is recognized at once, and nothing is lost if several notice that at the same time.
 * `waiting` is called once if another process has it. Throws the error of the file system if no guard can be made.
 */
export function guarded<R>(path: string, waiting: () => void, run: (isOurs: () => boolean) => R): R {
  const guard = `${path}.guard`;
  const token = `${process.pid} ${place()} ${randomUUID()}\n`;
  for (let attempt = 0; !create(guard, token); attempt++) {
    if (removeDead(guard)) continue;
    if (attempt === 0) waiting();
    pause();
  }
  const isOurs = () => content(guard) === token;
  try {
    return run(isOurs);
  } finally {
    if (isOurs()) rmSync(guard, { force: true });
  }
}

/** Whether the file was not there and now is ours. */
function create(file: string, token: string): boolean {
  try {
    writeFileSync(file, token, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes the guard of a process that is gone. Only one process may do that for one guard: who has the claim that is
 * named after it, and finds the same guard once more.
 */
function removeDead(guard: string): boolean {
  const token = content(guard);
  if (token === undefined) return true;
  if (!isDead(token, guard)) return false;
  const claim = `${guard}.${token.trim().split(" ")[2] ?? "unnamed"}`;
  if (!create(claim, `${process.pid}\n`)) {
    if (isOld(claim)) rmSync(claim, { force: true });
    return false;
  }
  if (content(guard) === token) rmSync(guard, { force: true });
  rmSync(claim, { force: true });
  return true;
}

function isDead(token: string, guard: string): boolean {
  const [pid, where] = token.trim().split(" ");
  if (isOld(guard)) return true;
  if (where !== place()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function isOld(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > STALE;
}

/** Where process ids mean the same: the machine, and on Linux the container. */
function place(): string {
  let container = "";
  try {
    container = readlinkSync("/proc/self/ns/pid");
  } catch {
    // There are none on this system.
  }
  return `${hostname()}/${container}`;
}

function content(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
}
