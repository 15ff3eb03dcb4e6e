import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { install } from "./pack";
import { attempt, run } from "./run";

const scratch = inject("scratch");
const tarball = inject("tarball");

/** An app of two hosts, written against the package named. */
const app = (core: string) => `
  const { App, LocalBackend, TerraformStack } = require("${core}");
  const { BbrHost, JumboFabric, Target, WireGuardMesh } = require("netloom");
  const stack = new TerraformStack(new App({ stackTraces: false }), "lab");
  new LocalBackend(stack, { path: "terraform.tfstate" });
  const hosts = [1, 2].map((n) => new BbrHost(stack, "node-" + n, {
    interfaces: [{ id: "exp0", mac: "02:00:00:00:00:0" + n, addresses: ["10.10.1." + n + "/24"] }],
    target: Target.directory("build/node-" + n),
  }));
  new WireGuardMesh(stack, "mesh", { members: hosts, subnet: "10.66.0.0/24",
    over: new JumboFabric(stack, "fabric", { members: hosts, switchesCarryJumbo: true }) });
  stack.node.root.synth();`;

async function project(name: string, manifest: object): Promise<string> {
  const directory = join(scratch, name);
  mkdirSync(directory);
  writeFileSync(
    join(directory, "package.json"),
    JSON.stringify({ name, version: "0.0.0", private: true, ...manifest }),
  );
  await install(directory);
  return directory;
}

/** Terraform's JSON as data, without the version of the library that wrote it. */
function terraform(directory: string): { "//": { metadata: { version?: string } } } {
  const data = JSON.parse(readFileSync(join(directory, "cdktf.out/stacks/lab/cdk.tf.json"), "utf8"));
  delete data["//"].metadata.version;
  return data;
}

describe("CDK Terrain", () => {
  it("gives the same Terraform data and the same files when cdktf is an alias of cdktn", async () => {
    const recipe = /```json\n(.*?)```/s.exec(readFileSync("docs/cdk-terrain.md", "utf8"))![1]!;
    const aliased = JSON.parse(recipe.replace(/"netloom": "[^"]*"/, `"netloom": ${JSON.stringify(`file:${tarball}`)}`));
    const [withCdktn, withCdktf] = await Promise.all([
      project("aliased", aliased),
      project("original", { dependencies: { cdktf: "0.21.0", constructs: "^10.4.2", netloom: `file:${tarball}` } }),
    ]);
    for (const directory of [withCdktn, withCdktf]) await run(directory, "node", "-e", app("cdktf"));
    expect(terraform(withCdktn)).toEqual(terraform(withCdktf));
    for (const path of ["netloom.json", "hosts/node-1/plan", "wireguard/lab-mesh.peers"]) {
      const text = (directory: string) => readFileSync(join(directory, "cdktf.out/stacks/lab", path), "utf8");
      expect(text(withCdktn)).toBe(text(withCdktf));
    }
  });

  it("is recognized when it stands beside cdktf, and answered with one sentence", async () => {
    const mixed = await project("mixed", {
      dependencies: { cdktf: "0.21.0", cdktn: "0.24.0", constructs: "10.7.2", netloom: `file:${tarball}` },
    });
    const { status, output } = await attempt(mixed, "node", ["-e", app("cdktn")]);
    expect(status).not.toBe(0);
    expect(output).toContain(
      "NL-MIXED-CDKTF: this stack was made with another copy of cdktf (or with cdktn) than the one that netloom loads",
    );
    expect(output).toContain('"cdktf": "npm:cdktn@…" in dependencies and in overrides');
  });
});
