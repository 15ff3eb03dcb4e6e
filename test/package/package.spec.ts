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
  /** Loads cdktf, then of Netloom what `use` touches: rooms are loaded when something of them is first used. */
  const probe = (use: string) => `
    const time = (run) => { const start = process.hrtime.bigint(); run(); return Number(process.hrtime.bigint() - start) / 1e6; };
    const cdktf = time(() => { require("constructs"); require("cdktf"); });
    const netloom = time(() => { ${use} });
    const loaded = [...new Set(Object.keys(require.cache).map((path) => /node_modules.((?:@[^/\\\\]+.)?[^/\\\\]+)/.exec(path)?.[1]))];
    console.log(JSON.stringify({ cdktf, netloom, loaded: loaded.filter((name) => !["cdktf", "constructs", "netloom"].includes(name)) }));`;
  const MESH = `const { BbrHost, Duration, JumboFabric, Rate, Target, WireGuardMesh } = require("netloom");`;
  const EVERYTHING = `Object.values(require("netloom"));`;

  interface Probed {
    readonly cdktf: number;
    readonly netloom: number;
    readonly loaded: readonly string[];
  }
  const probed = async (use: string) => JSON.parse(await run(stranger, "node", "-e", probe(use))) as Probed;

  it("brings in nothing besides the peers for a stack with a mesh, before an address is parsed", async () => {
    expect((await probed(MESH)).loaded).toEqual([]);
  });

  it("brings in no schema validator and no YAML printer, whatever is imported", async () => {
    expect((await probed(EVERYTHING)).loaded.toSorted()).toEqual(["ip-address", "saxes", "xmlchars"]);
  });

  it("reads the files behind a name when the name is first used", async () => {
    const script = `
      const count = () => Object.keys(require.cache).filter((path) => path.includes("netloom")).length;
      const netloom = require("netloom");
      const before = count();
      const { Rate } = netloom;
      const after = count();
      console.log(JSON.stringify([before, after > before, netloom.Rate === Rate, Rate.gbps(10).toBps()]));`;
    expect(JSON.parse(await run(stranger, "node", "-e", script))).toEqual([1, true, true, 10e9]);
  });

  it.each([
    ["netloom", () => import("../../lib")],
    ["netloom/testing", () => import("../../lib/testing")],
    ["netloom/nix-ts-builder", () => import("../../lib/nix-ts-builder")],
  ])("has every name of the source of %s", async (name, source) => {
    const kinds = (face: object) => Object.entries(face).map(([key, value]) => `${key}: ${typeof value}`);
    const script = `console.log(JSON.stringify(Object.entries(require("${name}")).map(([key, value]) => key + ": " + typeof value)))`;
    const shipped = JSON.parse(await run(stranger, "node", "-e", script)) as string[];
    expect(shipped.sort()).toEqual(kinds(await source()).sort());
  });

  it("costs less than loading cdktf does", async () => {
    const runs: Probed[] = [];
    for (let i = 0; i < 7; i++) runs.push(await probed(EVERYTHING));
    const least = (key: "cdktf" | "netloom") => Math.min(...runs.map((one) => one[key]));
    console.log(`cdktf ${least("cdktf").toFixed(0)} ms, all of netloom ${least("netloom").toFixed(0)} ms on top`);
    expect(least("netloom")).toBeLessThan(0.75 * least("cdktf"));
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
