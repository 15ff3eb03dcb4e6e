import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";
import { printLock } from "../../lib/contract";
import { keyInRoot, meshSecret, privateKeyFile } from "../../lib/deploy/keys";
import {
  type CollectedKey,
  lockedKeys,
  mergeKeys,
  parseLock,
  readLock,
  sharedKeys,
  updateLock,
} from "../../lib/deploy/lock";

const directory = mkdtempSync(join(tmpdir(), "netloom-lock-"));
const key = (member: string, text: string, made = false): CollectedKey => ({
  mesh: "lab/mesh",
  member,
  epoch: 1,
  public: text,
  made,
});
const before = parseLock(
  '{"version":1,"extra":7,"meshes":{"lab/mesh":{"members":{"a":{"address":"10.0.0.1","note":"x","key":{"epoch":1,"public":"OLD"}}}}}}',
);

it("keys are added, everything unknown stays, and the text is sorted", () => {
  const { lock } = mergeKeys(before, [key("b", "NEW", true), key("a", "OLD")]);
  expect(JSON.parse(printLock(lock))).toEqual({
    version: 1,
    extra: 7,
    meshes: {
      "lab/mesh": {
        members: {
          a: { address: "10.0.0.1", note: "x", key: { epoch: 1, public: "OLD" } },
          b: { key: { epoch: 1, public: "NEW" } },
        },
      },
    },
  });
  expect(printLock(lock).indexOf('"extra"')).toBeLessThan(printLock(lock).indexOf('"meshes"'));
  expect(lockedKeys(lock).get("lab/mesh/b")).toBe("NEW");
});

it("a key that the host has just made is news; one that it had before is another machine", () => {
  expect(mergeKeys(before, [key("a", "NEW", true)])).toMatchObject({
    renewed: [{ member: "lab/mesh/a", before: "OLD", after: "NEW" }],
    foreign: [],
  });
  expect(mergeKeys(before, [key("a", "NEW", false)])).toMatchObject({
    renewed: [],
    foreign: [{ member: "lab/mesh/a" }],
  });
});

it("a key of the next epoch is a rotation and no news", () => {
  const merged = mergeKeys(before, [{ ...key("a", "NEW"), epoch: 2 }]);
  expect([merged.renewed, merged.foreign]).toEqual([[], []]);
  expect(merged.lock.meshes["lab/mesh"]!.members["a"]!.key).toEqual({ epoch: 2, public: "NEW" });
});

it("a lock file of another version is refused", () => {
  expect(() => parseLock('{"version":2,"meshes":{}}')).toThrow("not of version 1");
});

it("runs that write at the same time lose nothing", async () => {
  const file = join(directory, "netloom.lock.json");
  await Promise.all(
    ["a", "b", "c", "d"].map((member) =>
      updateLock(file, (lock) => ({
        lock: mergeKeys(lock, [key(member, member.toUpperCase())]).lock,
        result: undefined,
      })),
    ),
  );
  expect([...lockedKeys(readLock(file)).keys()]).toEqual(["lab/mesh/a", "lab/mesh/b", "lab/mesh/c", "lab/mesh/d"]);
  expect(existsSync(`${file}.guard`)).toBe(false);
});

it("a guard that a dead run left behind does not stop the next one", () => {
  const file = join(directory, "stale.lock.json");
  writeFileSync(`${file}.guard`, "");
  utimesSync(`${file}.guard`, new Date(0), new Date(0));
  updateLock(file, (lock) => ({ lock, result: undefined }));
  expect(readFileSync(file, "utf8")).toBe('{\n  "meshes": {},\n  "version": 1\n}\n');
});

it("two members with one key are found, within a mesh only", () => {
  const lock = mergeKeys(before, [key("b", "OLD"), { ...key("c", "OLD"), mesh: "lab/other" }]).lock;
  expect(sharedKeys(lock)).toEqual([{ members: ["lab/mesh/a", "lab/mesh/b"], public: "OLD" }]);
  expect(sharedKeys(before)).toEqual([]);
});

it("secrets are made for their owner only, and refused when others may read them", () => {
  const made = privateKeyFile(join(directory, "keys/a.key"));
  expect(made.made).toBe(true);
  expect(statSync(join(directory, "keys/a.key")).mode & 0o777).toBe(0o600);
  expect(privateKeyFile(join(directory, "keys/a.key"))).toEqual({ privateKey: made.privateKey, made: false });
  writeFileSync(join(directory, "open.psk"), "x", { mode: 0o644 });
  expect(() => meshSecret(join(directory, "open.psk"))).toThrow(/others may read it \(mode 644\): chmod 600/);
  expect(meshSecret(join(directory, "new.psk"))).toHaveLength(32);
});

it.each(["", "\n", "abc", "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fB"])(
  "a damaged private key is never replaced: %j",
  (text) => {
    const path = join(directory, "keys/a.key");
    privateKeyFile(path);
    writeFileSync(path, text);
    expect(() => privateKeyFile(path)).toThrow(/a\.key is damaged: .* Restore it from a backup; or remove it/);
    expect(readFileSync(path, "utf8")).toBe(text);
    rmSync(path);
    expect(privateKeyFile(path).made).toBe(true);
  },
);

it.each(["var", "var/lib", "var/lib/netloom", "var/lib/netloom/keys", "var/lib/netloom/keys/wg0.1"])(
  "a key of a directory target stays in it, also where %s is a link",
  (name) => {
    const root = mkdtempSync(join(directory, "root-"));
    const outside = mkdtempSync(join(directory, "outside-"));
    mkdirSync(dirname(join(root, name)), { recursive: true });
    for (const target of [outside, join(directory, "missing")]) {
      symlinkSync(target, join(root, name));
      expect(() => keyInRoot(root, "wg0.1")).toThrow(
        `${join(root, name)} leads out of ${root}: replace it by a directory`,
      );
      rmSync(join(root, name));
    }
    expect(readdirSync(outside)).toEqual([]);
    mkdirSync(join(root, "inside"));
    symlinkSync(relative(dirname(join(root, name)), join(root, "inside")), join(root, name));
    if (!name.endsWith("wg0.1")) expect(keyInRoot(root, "wg0.1").made).toBe(true);
  },
);

it("a key that the user keeps replaces the one in a directory target, and one that the image made stays", () => {
  const own = keyInRoot(directory, "wg0.1");
  expect(keyInRoot(directory, "wg0.1")).toEqual({ privateKey: own.privateKey, made: false });
  const given = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=";
  keyInRoot(directory, "wg0.1", given);
  expect(readFileSync(join(directory, "var/lib/netloom/keys/wg0.1"), "utf8")).toBe(`${given}\n`);
});
