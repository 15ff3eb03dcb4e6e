import { readFileSync } from "node:fs";
import { EMPTY_LOCK, type LockData, type LockedMember, type LockedMesh, printLock } from "../contract";
import { defineProblem } from "../errors";
import { IpAddress } from "../net";

const LOCK = defineProblem("NL-LOCK", "A lock file is one that Netloom wrote");

/** The lock file while a stack is synthesized: what earlier runs decided, and what this one adds. */
export class LockFile {
  /** Reads a lock file; an absent one is empty. Throws `NL-LOCK` when it is not one of ours. */
  static read(path: string): LockFile {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return LockFile.empty();
      throw error;
    }
    return LockFile.parse(text);
  }

  /** The lock file of a project that has none yet. */
  static empty(): LockFile {
    return new LockFile(EMPTY_LOCK);
  }

  /** Reads the text of a lock file. Throws `NL-LOCK` when it is not one of ours. */
  static parse(text: string): LockFile {
    let data: Partial<LockData>;
    try {
      data = JSON.parse(text) as Partial<LockData>;
    } catch (error) {
      return broken(`it is not JSON (${(error as Error).message})`);
    }
    if (data?.version !== 1)
      return broken(`its version is ${JSON.stringify(data?.version)}, this release reads version 1`);
    const wrong = misshapen(data.meshes);
    if (wrong !== undefined) return broken(wrong);
    return new LockFile(data as LockData);
  }

  private data: LockData;
  /** What was recorded since the file was read. */
  private readonly added: (readonly [mesh: string, members: Readonly<Record<string, LockedMember>>])[] = [];

  private constructor(data: LockData) {
    this.data = data;
  }

  /** What is known of a mesh; a new one has no members. */
  mesh(path: string): LockedMesh {
    return Object.hasOwn(this.data.meshes, path) ? this.data.meshes[path]! : { members: {} };
  }

  /** Records what a mesh decided. Members that are gone keep their place, so that they get it back when they return. */
  record(path: string, members: Readonly<Record<string, LockedMember>>): void {
    this.added.push([path, members]);
    const before = this.mesh(path).members;
    const merged: Record<string, LockedMember> = { ...before };
    for (const [name, member] of Object.entries(members)) merged[name] = { ...before[name], ...member };
    this.data = { ...this.data, meshes: { ...this.data.meshes, [path]: { ...this.mesh(path), members: merged } } };
  }

  /** The text of the file when what was recorded here is added to `text`, which another process may have changed since it was read. */
  renderOnto(text: string | undefined): string {
    const now = text === undefined ? LockFile.empty() : LockFile.parse(text);
    for (const [mesh, members] of this.added) now.record(mesh, members);
    return now.render();
  }

  /** Sorted JSON with a final newline; empty text when there is nothing to remember. */
  render(): string {
    if (Object.keys(this.data.meshes).length === 0) return "";
    return printLock(this.data);
  }
}

/** The first thing that is not as a run of ours would have written it; fields that later releases add are let be. */
function misshapen(meshes: unknown): string | undefined {
  if (!isRecord(meshes)) return `"meshes" is not there`;
  const keys = new Map<string, string>();
  for (const [path, mesh] of Object.entries(meshes)) {
    const members = isRecord(mesh) ? mesh["members"] : undefined;
    if (!isRecord(members)) return `mesh ${path} has no "members"`;
    for (const [name, member] of Object.entries(members)) {
      const where = `member ${name} of ${path}`;
      if (!isRecord(member)) return `${where} is not a record`;
      for (const field of ["address", "address6"]) {
        const address = member[field];
        if (address !== undefined && !IpAddress.isValid(address as string)) return `the ${field} of ${where} is none`;
      }
      const { key } = member;
      if (key === undefined) continue;
      if (!isRecord(key) || !Number.isInteger(key["epoch"]) || (key["epoch"] as number) < 1) {
        return `the key of ${where} has no epoch`;
      }
      const wrong = wrongKey(path, name, key["public"], keys);
      if (wrong !== undefined) return wrong;
    }
  }
  return undefined;
}

/** A public key must be one, and no other member's: a WireGuard device has one peer for each key. */
function wrongKey(mesh: string, member: string, text: unknown, keys: Map<string, string>): string | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== "string" || !PUBLIC_KEY.test(text) || Buffer.from(text, "base64").toString("base64") !== text)
    return `the public key of member ${member} of ${mesh} is not 44 characters of base64. Delete the member's "key": the next deploy records it again`;
  const other = keys.get(`${mesh}\n${text}`);
  if (other !== undefined)
    return `members ${other} and ${member} of ${mesh} have one public key. Delete the "key" of the wrong one: the next deploy records it again`;
  keys.set(`${mesh}\n${text}`, member);
  return undefined;
}

const PUBLIC_KEY = /^[A-Za-z0-9+/]{43}=$/;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function broken(why: string): never {
  throw LOCK({
    what: `netloom.lock.json cannot be read: ${why}. It holds the addresses that were given out, so it is not replaced silently`,
    allowed: "the file as an earlier run wrote it",
    remedy: "restore it from version control; or delete it, and accept that members may get other addresses",
  });
}
