// Holds tests to the one list of tools: what a test runs beyond Node and the basic programs is looked for first.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isInstalled, TOOLS } from "./installed";

const TEST = join(__dirname, "..");

/** On every machine that runs the tests. */
const BASIC = [
  "awk",
  "cat",
  "cp",
  "cmp",
  "find",
  "git",
  "grep",
  "mkdir",
  "node",
  "rm",
  "sed",
  "sh",
  "sleep",
  "stat",
  "tar",
];

/** Programs of their own, which look for all they need before they start: `missing`, `noLab`. */
const PROGRAMS = /^(e2e|faults|vm|long|fuzz|package)\//;

const CALL = /\b(?:spawn|spawnSync|execFile|execFileSync)\(\s*"([^"]+)"/g;

const files = readdirSync(TEST, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts") && !PROGRAMS.test(path))
  .sort();

const text = (path: string) => readFileSync(join(TEST, path), "utf8");

const called = (path: string) => [...new Set([...text(path).matchAll(CALL)].map(([, name]) => name!))];

/** What a helper runs for a test shows in CI's bare run only, which has none of the tools. */
const looksFor = (path: string, name: string) =>
  new RegExp(String.raw`(?:\bitWith\(|\btool\(|const [A-Z]+ = \[)[^;{}]*?"${name}"`).test(text(path));

describe("the tools of the tests", () => {
  it("are listed, unless every machine has them", () => {
    const unlisted = files.flatMap((path) => called(path).filter((name) => !BASIC.includes(name) && !(name in TOOLS)));
    expect(unlisted).toEqual([]);
  });

  it("are not skipped without a reason in the title, which `itWith` gives", () => {
    const silent = files.filter((path) => path.endsWith(".test.ts") && /\.(?:skipIf|runIf)\(/.test(text(path)));
    expect(silent).toEqual([]);
  });

  it("are looked for by every test file that runs them", () => {
    const unguarded = files
      .filter((path) => path.endsWith(".test.ts"))
      .flatMap((path) =>
        called(path)
          .filter((name) => name in TOOLS && !looksFor(path, name))
          .map((name) => `${path} runs ${name}`),
      );
    expect(unguarded).toEqual([]);
  });

  it("cannot be looked for without being listed", () => {
    expect(() => isInstalled("frobnicate")).toThrow("add frobnicate to test/support/tools.json");
  });

  it("are found in these files at all", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(new Set(files.flatMap(called)).size).toBeGreaterThan(10);
  });
});
