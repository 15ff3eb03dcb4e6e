import { readFileSync } from "node:fs";
import { EMPTY_LOCK, type LockData, printLock } from "../contract";
import { updateFile } from "../lock";
import { DeployError } from "./failure";
import { progress } from "./progress";

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

/** A key that two members of a mesh have. */
export interface SharedKey {
  readonly members: readonly string[];
  readonly public: string;
}

/** Public keys that more than one member of a mesh has: the kernel keeps the last of such peers only. */
export function sharedKeys(lock: LockData): readonly SharedKey[] {
  return Object.entries(lock.meshes).flatMap(([mesh, { members }]) => {
    const byKey = new Map<string, string[]>();
    for (const [member, { key }] of Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))
      if (key?.public !== undefined) byKey.set(key.public, [...(byKey.get(key.public) ?? []), `${mesh}/${member}`]);
    return [...byKey].filter(([, all]) => all.length > 1).map(([text, all]) => ({ members: all, public: text }));
  });
}

export interface KeyChange {
  readonly member: string;
  readonly before: string;
  readonly after: string;
}

type Writable<T> = { -readonly [K in keyof T]: Writable<T[K]> };

/**
 * What the lock file will say, and which keys differ from what it said although their epoch is the same. A key that
 * the host has just made is a reinstalled host; one that it had before means that another machine answers.
 */
export function mergeKeys(
  lock: LockData,
  keys: readonly CollectedKey[],
): { lock: LockData; renewed: KeyChange[]; foreign: KeyChange[] } {
  const meshes = structuredClone(lock.meshes) as Writable<LockData["meshes"]>;
  const renewed: KeyChange[] = [];
  const foreign: KeyChange[] = [];
  for (const key of keys) {
    meshes[key.mesh] ??= { members: {} };
    const { members } = meshes[key.mesh]!;
    const before = members[key.member]?.key;
    if (before?.public !== undefined && before.epoch === key.epoch && before.public !== key.public) {
      const change = { member: `${key.mesh}/${key.member}`, before: before.public, after: key.public };
      (key.made ? renewed : foreign).push(change);
    }
    members[key.member] = { ...members[key.member], key: { ...before, epoch: key.epoch, public: key.public } };
  }
  return { lock: { ...lock, meshes }, renewed, foreign };
}

export function readLock(path: string): LockData {
  try {
    return parseLock(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return EMPTY_LOCK;
    throw error;
  }
}

/** Reads, changes and writes the lock file while no other run or synthesis does; several stacks may share one. */
export function updateLock<R>(path: string, change: (lock: LockData) => { lock: LockData; result: R }): R {
  const waiting = () => progress(`another run changes ${path}, waiting for it`);
  try {
    return updateFile(
      path,
      (text) => {
        const { lock, result } = change(text === undefined ? EMPTY_LOCK : parseLock(text));
        return { text: printLock(lock), result };
      },
      waiting,
    );
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new DeployError(`the lock file cannot be written: ${message}`);
  }
}
