import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rotateKey, rotationText } from "../../lib/cli/commands/keys";
import type { LockData } from "../../lib/contract";
import { netloom, project } from "./support";

const PUBLIC = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";

function lock(): LockData {
  return {
    version: 1,
    meshes: {
      "lab/mesh": {
        members: {
          "node-0": { address: "10.66.0.3", key: { epoch: 1, public: PUBLIC } },
          "node-1": { address: "10.66.0.4", key: { epoch: 4 } },
          laptop: { address: "10.66.0.5" },
        },
      },
    },
  };
}

describe("netloom keys rotate", () => {
  it("raises the epoch, forgets the public key, and keeps everything else", async () => {
    const cwd = project({ "netloom.lock.json": JSON.stringify(lock()) });
    const ran = await netloom(cwd, "keys", "rotate", "lab/mesh", "node-0");
    expect(ran.status).toBe(0);
    expect(ran.out).toContain("lab/mesh/node-0: key 2 is asked for");
    const after = JSON.parse(readFileSync(join(cwd, "netloom.lock.json"), "utf8")) as LockData;
    const { members } = lock().meshes["lab/mesh"]!;
    const rotated = { ...members, "node-0": { address: "10.66.0.3", key: { epoch: 2 } } };
    expect(after).toEqual({ version: 1, meshes: { "lab/mesh": { members: rotated } } });
    expect(existsSync(join(cwd, "netloom.lock.json.guard"))).toBe(false);
  });

  it("does not rotate twice for one deploy", () => {
    const rotation = rotateKey(lock(), "mesh", "node-1");
    expect(rotation).toMatchObject({ pending: true, epoch: 4, lock: lock() });
    expect(rotationText(rotation)).toContain("nothing was changed");
  });

  it("takes the last part of a mesh's path, unless it is not unique", () => {
    expect(rotateKey(lock(), "mesh", "node-0").mesh).toBe("lab/mesh");
    const two: LockData = { version: 1, meshes: { ...lock().meshes, "wan/mesh": { members: {} } } };
    expect(() => rotateKey(two, "mesh", "node-0")).toThrow(/lab\/mesh, wan\/mesh/);
    expect(rotateKey(two, "lab/mesh", "node-0").epoch).toBe(2);
  });

  it("refuses members without a key, and names members like an unknown one", () => {
    expect(() => rotateKey(lock(), "mesh", "laptop")).toThrow(/was not deployed yet, or its key is managed elsewhere/);
    expect(() => rotateKey(lock(), "mesh", "node-2")).toThrow(/node-0 or node-1/);
    expect(() => rotateKey(lock(), "mesj", "node-0")).toThrow(/allowed: lab\/mesh/);
    expect(() => rotateKey(lock(), "mesh", "toString")).toThrow(/no such member/);
  });

  it("says where it has to be called when there is no lock file, and that nothing else is known", async () => {
    const none = await netloom(project(), "keys", "rotate", "mesh", "node-0");
    expect(none.status).toBe(1);
    expect(none.err).toContain("there is no lock file here");
    expect((await netloom(project(), "keys", "revoke", "mesh", "node-0")).status).toBe(2);
  });

  it("leaves a lock file alone that is not one of ours", async () => {
    const cwd = project({ "netloom.lock.json": `{"version":9}` });
    const ran = await netloom(cwd, "keys", "rotate", "mesh", "node-0");
    expect(ran.status).toBe(1);
    expect(readFileSync(join(cwd, "netloom.lock.json"), "utf8")).toBe(`{"version":9}`);
  });
});
