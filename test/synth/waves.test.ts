import { describe, expect, it } from "vitest";
import { Deployment, Host, WireGuardMesh } from "../../lib";
import { synthToFiles, testStack } from "../../lib/testing";
import { labHost } from "../support/lab";

/** The trigger of each wave's commit, when member node-0 is at the given rotation of its key. */
function triggers(epoch: number): Readonly<Record<string, string>> {
  const stack = testStack("lab");
  new Deployment(stack, { waves: ["canary", "rest"] });
  const hosts = ["canary", "rest"].map((wave, i) => new Host(stack, `node-${i}`, labHost(i, { wave })));
  new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24", members: hosts });
  const lock = { version: 1, meshes: { "lab/mesh": { members: { "node-0": { key: { epoch } } } } } };
  const { tf } = synthToFiles(stack, { lock: JSON.stringify(lock) });
  const resources = (tf as { resource: { null_resource: Record<string, { triggers: { digest?: string } }> } }).resource;
  const commits = Object.entries(resources.null_resource).filter(([id]) => id.includes("Commit"));
  return Object.fromEntries(commits.map(([id, { triggers }]) => [id.replace(/_[0-9A-F]+$/, ""), triggers.digest!]));
}

describe("a wave", () => {
  it("is committed again when a member in another wave has a new key", () => {
    const before = triggers(1);
    const after = triggers(2);
    expect(Object.keys(before)).toHaveLength(2);
    for (const wave of Object.keys(before)) expect(after[wave], wave).not.toBe(before[wave]);
  });

  it("is left alone when nothing changed", () => {
    expect(triggers(1)).toEqual(triggers(1));
  });
});
