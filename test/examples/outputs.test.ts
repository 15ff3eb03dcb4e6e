import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { itWith, ROOT } from "../support/tools";
import { fillKeys, nixModuleArguments, PEER_CONFIG_HEAD } from "./support";

const REPOSITORY = join(__dirname, "../..");
const EXAMPLES = readdirSync(join(REPOSITORY, "examples")).sort();
const scratch = mkdtempSync(join(tmpdir(), "netloom-examples-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs an example in a project directory of its own, and returns what it wrote: paths below `stacks`, and their texts. */
function synthesize(example: string, run: string): ReadonlyMap<string, string> {
  const project = join(scratch, run, example);
  mkdirSync(project, { recursive: true });
  symlinkSync(join(REPOSITORY, "examples"), join(project, "examples"));
  const { status, stderr } = spawnSync(
    join(REPOSITORY, "node_modules/.bin/tsx"),
    ["--tsconfig", join(REPOSITORY, "tsconfig.check.json"), join(REPOSITORY, "examples", example, "main.ts")],
    { cwd: project, encoding: "utf8" },
  );
  // The stack trace stays out: vitest would look for the sources that it names.
  expect(status, stderr.split("\n    at ")[0]).toBe(0);
  return filesBelow(join(project, "cdktf.out/stacks"));
}

function filesBelow(directory: string): ReadonlyMap<string, string> {
  const paths = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  const files = paths.filter((path) => statSync(join(directory, path)).isFile());
  return new Map(files.map((path) => [path, readFileSync(join(directory, path), "utf8")]));
}

function named(files: ReadonlyMap<string, string>, pattern: RegExp): readonly (readonly [string, string])[] {
  return [...files].filter(([path]) => pattern.test(path));
}

function run(program: string, args: readonly string[], input = ""): void {
  const { status, stderr, stdout } = spawnSync(program, args, { input, encoding: "utf8" });
  expect(status, `${program} ${args.join(" ")}\n${stderr}${stdout}`).toBe(0);
}

describe.each(EXAMPLES)("the example %s", (example) => {
  const files = synthesize(example, "first");
  const directory = join(scratch, "first", example, "cdktf.out/stacks");

  it("gives the same bytes in another directory", () => {
    const again = synthesize(example, "second");
    expect([...again.keys()]).toEqual([...files.keys()]);
    for (const [path, text] of files) expect(again.get(path) === text, `${path} differs`).toBe(true);
  });

  it("writes neither absolute paths of this machine, nor private keys, nor times", () => {
    for (const [path, text] of files) {
      expect(text.includes(REPOSITORY) || text.includes(scratch), path).toBe(false);
      expect(text, path).not.toMatch(/PrivateKey *= *[A-Za-z0-9+/]{43}=/);
      expect(text, path).not.toContain("BEGIN OPENSSH PRIVATE KEY");
      expect(text, path).not.toMatch(/\r/);
    }
  });

  itWith(["nix-instantiate"], "writes Nix that parses, and modules that evaluate", () => {
    for (const [path] of named(files, /\.nix$/))
      run("nix-instantiate", ["--parse", "--store", "dummy://", join(directory, path)]);
    for (const [path, text] of named(files, /host\.nix$/)) {
      const expression = `builtins.deepSeq (import ${join(directory, path)} ${nixModuleArguments(text)}) true`;
      run("nix-instantiate", ["--eval", "--strict", "--store", "dummy://", "-E", expression]);
    }
  });

  itWith(["wg-quick"], "writes peer tables that wg accepts once keys are filled in", () => {
    for (const [, text] of named(files, /\.peers$/)) {
      const config = join(scratch, "wg0.conf");
      writeFileSync(config, PEER_CONFIG_HEAD + fillKeys(text), { mode: 0o600 });
      run("wg-quick", ["strip", config]);
    }
  });

  itWith(["systemd-analyze"], "writes units that systemd accepts", () => {
    for (const [path] of named(files, /root\/etc\/systemd\/system\/[^/]+$/)) {
      const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", join(directory, path)], {
        encoding: "utf8",
      });
      // Programs of units lie on the host, not here; everything else that systemd says is a fault of ours.
      const faults = stderr
        .split("\n")
        .filter((line) => line.includes("netloom") && !line.includes("is not executable"));
      expect(faults, path).toEqual([]);
    }
  });

  itWith(["shellcheck"], "writes scripts that shellcheck has nothing to say about", () => {
    const scripts = [...files]
      .filter(([, text]) => text.startsWith("#!/bin/sh"))
      .map(([path]) => join(directory, path));
    if (scripts.length > 0) run("shellcheck", ["--shell=sh", ...scripts]);
  });

  itWith(["nft", ROOT], "writes nftables tables that nft accepts", () => {
    for (const [path] of named(files, /\.nft$/)) run("nft", ["-c", "-f", join(directory, path)]);
  });

  itWith(["xmllint"], "writes XML that is well formed", () => {
    for (const [path] of named(files, /\.xml$/)) run("xmllint", ["--noout", "--nonet", join(directory, path)]);
  });
});
