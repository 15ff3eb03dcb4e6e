import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { attempt, run } from "./run";

const stranger = inject("stranger");
const tarball = inject("tarball");
const root = join(stranger, "node_modules", "netloom");

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(root, join(entry.parentPath, entry.name)));

describe("the packed package", () => {
  it("holds what is needed to run, to start a project and to know the terms, and nothing else", () => {
    const expected = [
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|NOTICE)$/,
      /^dist\/.+\.(js|d\.ts|json|sh)$/,
      /^dist\/.+\.cjs$/,
      /^templates\/(stack|construct-library)\//,
    ];
    expect(files.filter((path) => !expected.some((pattern) => pattern.test(path)))).toEqual([]);
    for (const path of [
      "LICENSE",
      "NOTICE",
      "CHANGELOG.md",
      "dist/index.d.ts",
      "dist/testing/index.d.ts",
      "dist/nix-ts-builder/index.d.ts",
      "dist/deploy.cjs",
      "templates/stack/{{}}.gitignore",
      "templates/stack/.hooks.sscaff.js",
    ]) {
      expect(files).toContain(path);
    }
  });

  it("has no tests, sources, build tools or source maps in it", () => {
    const outsideTemplates = files.filter((path) => !path.startsWith("templates/"));
    expect(outsideTemplates.filter((path) => /\.test\.|\.map$|(?<!\.d)\.ts$|node_modules|tsconfig/.test(path))).toEqual(
      [],
    );
  });

  it("names no directory of the machine that built it", () => {
    const leaks = files.filter((path) => readFileSync(join(root, path), "utf8").includes(process.cwd()));
    expect(leaks).toEqual([]);
  });

  it("is small: at most 800 kB to download", () => {
    expect(statSync(tarball).size).toBeLessThan(800_000);
  });

  it("resolves for every kind of TypeScript project", async () => {
    const { status, output } = await attempt(process.cwd(), "npx", ["attw", "--no-emoji", tarball]);
    expect(output).toContain("No problems found");
    expect(status).toBe(0);
  });

  it("has nothing that publint would say about it", async () => {
    const output = await run(process.cwd(), "npx", "publint", "run", "--strict", tarball);
    expect(output).toContain("All good!");
  });

  it("installs without pulling in a second cdktf", async () => {
    const tree = JSON.parse(await run(stranger, "npm", "ls", "cdktf", "constructs", "--all", "--json")) as object;
    const versions = new Set(
      [...JSON.stringify(tree).matchAll(/"(?:cdktf|constructs)":\{"version":"([^"]+)"/g)].map((m) => m[1]),
    );
    expect(versions.size).toBe(2);
  });
});

describe("loading the package", () => {
  /** Loads cdktf, then an entry point of Netloom. */
  const probe = (entry: string) => `
    for (const name of ["constructs", "cdktf", "${entry}"]) require(name);
    const loaded = [...new Set(Object.keys(require.cache).map((path) => /node_modules.((?:@[^/\\\\]+.)?[^/\\\\]+)/.exec(path)?.[1]))];
    console.log(JSON.stringify(loaded.filter((name) => !["cdktf", "constructs", "netloom"].includes(name))));`;
  const loadedBy = async (entry: string) =>
    JSON.parse(await run(stranger, "node", "-e", probe(entry))) as readonly string[];

  it("brings in a package only with the entry point that needs it, and no schema validator or YAML printer before a cluster is synthesized", async () => {
    expect(await loadedBy("netloom")).toEqual(["ip-address"]);
    expect(await loadedBy("netloom/cilium")).toEqual(["ip-address"]);
    expect((await loadedBy("netloom/cloudlab")).toSorted()).toEqual(["ip-address", "saxes", "xmlchars"]);
  });

  it.each([
    ["netloom", () => import("../../lib")],
    ["netloom/cilium", () => import("../../lib/constructs/cilium")],
    ["netloom/cloudlab", () => import("../../lib/constructs/cloudlab")],
    ["netloom/features", () => import("../../lib/features")],
    ["netloom/nix-ts-builder", () => import("../../lib/nix-ts-builder")],
    ["netloom/rdma", () => import("../../lib/constructs/rdma")],
    ["netloom/testing", () => import("../../lib/testing")],
    ["netloom/tuning", () => import("../../lib/tuning")],
  ])("has every name of the source of %s", async (name, source) => {
    const kinds = (face: object) => Object.entries(face).map(([key, value]) => `${key}: ${typeof value}`);
    const script = `console.log(JSON.stringify(Object.entries(require("${name}")).map(([key, value]) => key + ": " + typeof value)))`;
    const shipped = JSON.parse(await run(stranger, "node", "-e", script)) as string[];
    expect(shipped.sort()).toEqual(kinds(await source()).sort());
  });

  it("gives importers of either module system the same classes", async () => {
    const script = `import { Host } from "netloom"; import { createRequire } from "node:module";
      console.log(createRequire(process.cwd() + "/x.js")("netloom").Host === Host);`;
    expect((await run(stranger, "node", "--input-type=module", "-e", script)).trim()).toBe("true");
  });

  it("lets the Nix builder be loaded by itself, without cdktf", async () => {
    const script = `require("netloom/nix-ts-builder"); console.log(Object.keys(require.cache).some((path) => /node_modules.(cdktf|constructs)/.test(path)))`;
    expect((await run(stranger, "node", "-e", script)).trim()).toBe("false");
  });
});
