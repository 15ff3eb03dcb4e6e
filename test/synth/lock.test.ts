import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Host, WireGuardMesh } from "../../lib";
import { stableJson } from "../../lib/contract";
import { LockFile } from "../../lib/synth/lock";
import { synthToFiles, testStack } from "../../lib/testing";
import { labHost, labMesh } from "../support/lab";
import { project } from "../support/output";

type Members = Readonly<Record<string, { address?: string; key?: { epoch: number; public?: string } }>>;

const membersOf = (lock: string): Members => (lock === "" ? {} : JSON.parse(lock).meshes["test/mesh"].members);

/** Synthesizes a mesh of the given members in the given order. */
function meshOf(names: readonly string[], lock?: string) {
  const stack = testStack();
  const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24" });
  for (const [i, name] of names.entries()) mesh.addMember(new Host(stack, name, labHost(i)));
  const result = synthToFiles(stack, { lock });
  expect(result.errors).toEqual([]);
  return result;
}

const NAMES = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/), { minLength: 1, maxLength: 40 });

describe("addresses in the lock file", () => {
  it("depend on names only, not on their order", () => {
    fc.assert(
      fc.property(NAMES, (names) => {
        expect(meshOf([...names].reverse()).lock).toBe(meshOf(names).lock);
      }),
      { numRuns: 15 },
    );
  });

  it("stay with their members when others come, go and come back", () => {
    fc.assert(
      fc.property(NAMES, fc.array(fc.array(fc.nat(39), { maxLength: 30 }), { maxLength: 4 }), (names, rounds) => {
        let lock = meshOf(names).lock;
        const first = membersOf(lock);
        for (const round of rounds) {
          const some = [...new Set(round.map((i) => names[i % names.length]!)), "extra"];
          lock = meshOf(some, lock).lock;
          const now = membersOf(lock);
          for (const name of names) expect(now[name]).toEqual(first[name]);
        }
        const addresses = Object.values(membersOf(lock)).map((member) => member.address);
        expect(new Set(addresses).size).toBe(addresses.length);
      }),
      { numRuns: 15 },
    );
  });

  it("keep the keys that deploys wrote beside them", () => {
    const lock = JSON.parse(meshOf(["a", "b"]).lock);
    lock.meshes["test/mesh"].members.a.key = { epoch: 3, public: "QHXPa3rVbOtLZpQKy6SgUeJgdCzeMHP5Vq3UhFR0pU0=" };
    const again = meshOf(["b", "a", "c"], stableJson(lock));
    expect(membersOf(again.lock)["a"]).toEqual(lock.meshes["test/mesh"].members.a);
    expect(again.hosts.get("a")?.wireguard[0]?.value.keyEpoch).toBe(3);
  });

  it("of a deploy do not change the digest, or the second deploy would not be empty", () => {
    const first = meshOf(["a", "b"]);
    const lock = JSON.parse(first.lock);
    const { members } = lock.meshes["test/mesh"];
    members.a.key = { epoch: 1, public: "QHXPa3rVbOtLZpQKy6SgUeJgdCzeMHP5Vq3UhFR0pU0=" };
    members.b.key = { epoch: 1, public: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=" };
    const second = meshOf(["a", "b"], stableJson(lock));
    expect(second.tf).toEqual(first.tf);
    expect(second.files).toEqual(first.files);
  });

  it.each([
    ["a number", 7, /public key of member a of test\/mesh is not 44 characters[\s\S]*Delete the member's "key"/],
    ["text", "none", /public key of member a of test\/mesh is not/],
    ["a key and a line end", "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n", /public key of member a/],
    ["33 bytes", "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dh=", /public key of member a/],
    [
      "another member's key",
      "QHXPa3rVbOtLZpQKy6SgUeJgdCzeMHP5Vq3UhFR0pU0=",
      /members a and b of test\/mesh have one public key/,
    ],
  ])(
    "are refused beside a public key that is %s, and read when it is deleted, as the error says",
    (_what, key, why) => {
      const lock = JSON.parse(meshOf(["a", "b"]).lock);
      const { members } = lock.meshes["test/mesh"];
      members.b.key = { epoch: 1, public: "QHXPa3rVbOtLZpQKy6SgUeJgdCzeMHP5Vq3UhFR0pU0=" };
      members.a.key = { epoch: 1, public: key };
      expect(() => LockFile.parse(stableJson(lock))).toThrow(why);
      delete members.a.key;
      meshOf(["a", "b"], stableJson(lock));
    },
  );

  it("that another process recorded in the meantime stay, and so do keys", () => {
    const file = LockFile.parse(stableJson({ version: 1, meshes: {} }));
    file.record("lab/one", { a: { address: "10.0.0.1" } });
    const meantime = {
      "lab/one": { members: { a: { key: { epoch: 1 } } } },
      "lab/two": { members: { b: { address: "10.0.0.2" } } },
    };
    expect(JSON.parse(file.renderOnto(stableJson({ version: 1, meshes: meantime }))).meshes).toEqual({
      "lab/one": { members: { a: { address: "10.0.0.1", key: { epoch: 1 } } } },
      "lab/two": { members: { b: { address: "10.0.0.2" } } },
    });
    expect(file.renderOnto(undefined)).toBe(file.render());
  });

  it("of another subnet are given up, because the user moved the mesh", () => {
    const lock = meshOf(["a", "b"]).lock.replaceAll("10.66.0.", "10.77.0.");
    for (const member of Object.values(membersOf(meshOf(["a", "b"], lock).lock))) {
      expect(member.address).toMatch(/^10\.66\.0\./);
    }
  });
});

describe("the lock file on disk", () => {
  it("is made by the first synthesis, and keeps meshes that are gone", () => {
    const at = project();
    at.synth((stack) => void labMesh(stack));
    const lock = join(at.directory, "netloom.lock.json");
    const text = readFileSync(lock, "utf8");
    expect(text).toBe(stableJson(JSON.parse(text)));
    at.synth((stack) => void new Host(stack, "node-0", labHost(0)));
    expect(readFileSync(lock, "utf8")).toBe(text);
  });

  it("is not made where nothing has to be remembered", () => {
    const at = project();
    at.synth((stack) => void new Host(stack, "node-0", labHost(0)));
    expect(() => readFileSync(join(at.directory, "netloom.lock.json"))).toThrow("ENOENT");
  });

  it.each([
    ["no JSON", "<<<<<<< HEAD"],
    ["empty", ""],
    ["of another version", '{"version": 9, "meshes": {}}'],
    ["without meshes", '{"version": 1}'],
    ["with a mesh that is none", '{"version": 1, "meshes": {"lab/mesh": 7}}'],
    ["with a member that is none", '{"version": 1, "meshes": {"lab/mesh": {"members": {"a": 1}}}}'],
    ["with an address that is none", '{"version": 1, "meshes": {"lab/mesh": {"members": {"a": {"address": "x"}}}}}'],
    ["with an epoch that is none", '{"version": 1, "meshes": {"lab/mesh": {"members": {"a": {"key": {"epoch": 0}}}}}}'],
  ])("is refused when it is %s, and never replaced", (_what, text) => {
    const at = project();
    const lock = join(at.directory, "netloom.lock.json");
    writeFileSync(lock, text);
    expect(() => at.synth((stack) => void labMesh(stack))).toThrow(/NL-LOCK[\s\S]*version control/);
    expect(readFileSync(lock, "utf8")).toBe(text);
  });

  it("keeps fields that newer releases may add", () => {
    const text = stableJson({ version: 1, meshes: { m: { members: { a: { address: "10.0.0.1", later: 1 } } } } });
    expect(LockFile.parse(text).render()).toBe(text);
  });

  it("knows no mesh by the names of object methods", () => {
    expect(LockFile.empty().mesh("constructor")).toEqual({ members: {} });
  });
});
