import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { DeployError } from "./failure";
import { sleep } from "./process";
import { progress } from "./progress";

/** `netloom.lock.json`; synth and we share it, so whatever we do not know is kept. */
export interface LockData {
  version: 1;
  meshes: Record<string, { members: Record<string, LockedMember> }>;
}

export interface LockedMember {
  address?: string;
  key?: { epoch: number; public?: string };
}

/** A public key as a host gave it. */
export interface CollectedKey {
  readonly mesh: string;
  readonly member: string;
  readonly epoch: number;
  readonly public: string;
  /** Whether the host has just made it. */
  readonly made: boolean;
}

export function parseLock(text: string): LockData {
  let data: LockData | null;
  try {
    data = JSON.parse(text) as LockData | null;
  } catch (error) {
    throw new DeployError(
      `netloom.lock.json cannot be read (${(error as Error).message}): restore it from version control`,
    );
  }
  if (data?.version === 1 && data.meshes !== null && typeof data.meshes === "object") return data;
  throw new DeployError("netloom.lock.json is not of version 1: restore it from version control");
}

/** Public keys by `<mesh>/<member>`. */
export function lockedKeys(lock: LockData): Map<string, string> {
  const keys = new Map<string, string>();
  for (const [mesh, { members }] of Object.entries(lock.meshes)) {
    for (const [member, { key }] of Object.entries(members)) {
      if (key?.public !== undefined) keys.set(`${mesh}/${member}`, key.public);
    }
  }
  return keys;
}

export interface KeyChange {
  readonly member: string;
  readonly before: string;
  readonly after: string;
}

/**
 * What the lock file will say, and which keys differ from what it said although their epoch is the same. A key that
 * the host has just made is a reinstalled host; one that it had before means that another machine answers.
 */
export function mergeKeys(
  lock: LockData,
  keys: readonly CollectedKey[],
): { lock: LockData; renewed: KeyChange[]; foreign: KeyChange[] } {
  const merged = structuredClone(lock);
  const renewed: KeyChange[] = [];
  const foreign: KeyChange[] = [];
  for (const key of keys) {
    merged.meshes[key.mesh] ??= { members: {} };
    const members = merged.meshes[key.mesh]!.members;
    const before = members[key.member]?.key;
    if (before?.public !== undefined && before.epoch === key.epoch && before.public !== key.public) {
      const change = { member: `${key.mesh}/${key.member}`, before: before.public, after: key.public };
      (key.made ? renewed : foreign).push(change);
    }
    members[key.member] = { ...members[key.member], key: { ...before, epoch: key.epoch, public: key.public } };
  }
  return { lock: merged, renewed, foreign };
}

/** Sorted keys, two blanks, a final newline: the form that synth writes, so that neither rewrites the other's file. */
export function renderLock(lock: LockData): string {
  return `${JSON.stringify(sorted(lock), undefined, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

export function readLock(path: string): LockData {
  return existsSync(path) ? parseLock(readFileSync(path, "utf8")) : { version: 1, meshes: {} };
}

/** Milliseconds after which a guard file belongs to a run that died. */
const STALE = 30_000;

/** Reads, changes and writes the lock file while no other run does; several stacks may share one. */
export async function updateLock<R>(
  path: string,
  change: (lock: LockData) => { lock: LockData; result: R },
): Promise<R> {
  mkdirSync(dirname(path), { recursive: true });
  const guard = `${path}.guard`;
  if (!tryGuard(guard)) {
    progress(`another run has ${guard}, waiting for it; it counts as dead after ${STALE / 1000} s`);
    while (!tryGuard(guard)) await sleep(50);
  }
  try {
    const { lock, result } = change(readLock(path));
    const text = renderLock(lock);
    if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    }
    return result;
  } finally {
    rmSync(guard, { force: true });
  }
}

function tryGuard(guard: string): boolean {
  try {
    closeSync(openSync(guard, "wx"));
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST") throw new DeployError(`the lock file cannot be written: ${message}`);
    if (existsSync(guard) && Date.now() - statSync(guard).mtimeMs > STALE) rmSync(guard, { force: true });
    return false;
  }
}
