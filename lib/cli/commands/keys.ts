import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { LockData } from "../../contract";
import { updateLock } from "../../deploy/lock";
import { defineProblem } from "../../errors";
import { nearest } from "../../nearest";
import { type Command, USAGE } from "../command";

const LOCKED_KEYS = defineProblem("NL-CLI-KEYS", "The lock file has the keys that are to be rotated");

/** What a rotation changes, and what the lock file says afterwards. */
export interface Rotation {
  readonly lock: LockData;
  readonly mesh: string;
  readonly member: string;
  /** Number of the key that the next deploy makes. */
  readonly epoch: number;
  /** Whether an earlier rotation still waits for its deploy, so that nothing was changed now. */
  readonly pending: boolean;
}

/**
 * Asks for a new key of one member: the next epoch, whose public key nobody knows yet. `mesh` is the path of the mesh
 * construct or its last part. Throws when mesh, member or a key to replace is not in the lock file.
 */
export function rotateKey(lock: LockData, mesh: string, member: string): Rotation {
  const paths = Object.keys(lock.meshes).sort();
  const fitting = paths.filter((path) => path === mesh || path.endsWith(`/${mesh}`));
  if (fitting.length !== 1) {
    return unknown(
      fitting.length === 0 ? "mesh" : "mesh: several end with this name",
      mesh,
      fitting.length === 0 ? paths : fitting,
    );
  }
  const path = fitting[0]!;
  const { members } = lock.meshes[path]!;
  if (!Object.hasOwn(members, member)) return unknown(`member of ${path}`, member, Object.keys(members).sort());
  const key = members[member]!.key;
  if (key === undefined) {
    throw LOCKED_KEYS({
      path,
      what: `the lock file has no key of ${member}: it was not deployed yet, or its key is managed elsewhere`,
      value: member,
      allowed: "members whose hosts made a key",
    });
  }
  if (key.public === undefined) return { lock, mesh: path, member, epoch: key.epoch, pending: true };
  const epoch = key.epoch + 1;
  const changed = { ...members, [member]: { ...members[member], key: { epoch } } };
  return {
    lock: { ...lock, meshes: { ...lock.meshes, [path]: { ...lock.meshes[path], members: changed } } },
    mesh: path,
    member,
    epoch,
    pending: false,
  };
}

/** What the user is told after a rotation. */
export function rotationText(rotation: Rotation): string {
  const { mesh, member, epoch } = rotation;
  if (rotation.pending) {
    return `${mesh}/${member}: key ${epoch} was asked for already and waits for the next deploy; nothing was changed\n`;
  }
  return `${mesh}/${member}: key ${epoch} is asked for

At the next deploy
  - the host makes the key (with WireGuardKeys.directory the key file on this machine stays what it is: replace it);
  - its peers learn the public key in the same wave, all of them or none: if a check fails, every host keeps the old key;
  - netloom.lock.json then records the new public key. Commit it.
Hosts of other waves learn it in the same deploy, when their wave is committed.
`;
}

function unknown(what: string, value: string, known: readonly string[]): never {
  const near = nearest(value, known);
  throw LOCKED_KEYS({
    what: `the lock file has no such ${what}`,
    value,
    allowed: known.join(", ") || "nothing: no mesh was synthesized yet",
    remedy: near.length > 0 ? near.join(" or ") : undefined,
  });
}

export const keysCommand: Command = {
  name: "keys",
  summary: "rotate the WireGuard key of a mesh member",
  words: "rotate <mesh> <member>",
  count: [3, 3],
  details: `Asks for a new WireGuard key of one member of a mesh. Only netloom.lock.json changes now; the key itself is made
at the next deploy, on the host. The mesh is given by its path (lab/mesh) or the last part of it (mesh).`,
  options: { lock: { type: "string", value: "FILE", help: "the lock file; default: netloom.lock.json" } },
  async run(words, terminal) {
    const [verb, mesh, member] = words.positionals;
    if (verb !== "rotate") {
      throw USAGE({
        what: "keys can only be rotated",
        value: verb,
        allowed: "rotate <mesh> <member>",
      });
    }
    const path = resolve(terminal.cwd, words.text["lock"] ?? "netloom.lock.json");
    if (!existsSync(path)) {
      throw LOCKED_KEYS({
        what: "there is no lock file here",
        value: words.text["lock"] ?? "netloom.lock.json",
        allowed: "the project directory of a stack with a mesh, after synthesis; or --lock FILE",
      });
    }
    const rotation = updateLock(path, (lock) => {
      const result = rotateKey(lock, mesh!, member!);
      return { lock: result.lock, result };
    });
    terminal.out(rotationText(rotation));
    return 0;
  },
};
