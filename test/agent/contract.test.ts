// The words of `plan` and `verify` are the same in the contract, where they are written, and where they are read.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const README = readFileSync("lib/agent/README.md", "utf8");
const shell = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".sh"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");

/** The first words in the first column of the table of a section. */
function table(section: string): readonly string[] {
  const text = README.split(new RegExp(`\n## \\d+\\. ${section}\n`))[1]!.split("\n## ")[0]!;
  return unique([...text.matchAll(/^\| `([a-z-]+)/gm)].map((match) => match[1]!));
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)].sort();

it("a plan has the lines that the contract names, and the agent reads each of them", () => {
  const agent = shell("lib/agent/agent");
  const applied = [...agent.matchAll(/^ *each_line "\$1" ([a-z-]+)/gm)].map((match) => match[1]!);
  // Seen to by `stage`, never applied live.
  expect(agent).toContain('$1 == "package"');
  const printed = [...readFileSync("lib/render/plan.ts", "utf8").matchAll(/\[\s*"([a-z-]+)",/g)].map((m) => m[1]!);
  expect(table("`plan`").length).toBeGreaterThan(10);
  expect(unique([...applied, "package"])).toEqual(table("`plan`"));
  expect(unique(printed.filter((word) => word !== "netloom-plan"))).toEqual(table("`plan`"));
});

it("a check is of a kind that the contract names, and checks.sh knows each of them", () => {
  const [, dispatch] = /\ncheck_one\(\) \{\n {2}case \$check_kind in\n([\s\S]*?)\n {2}\*\)/.exec(
    shell("lib/agent/checks"),
  )!;
  const known = [...dispatch!.matchAll(/^ {2}([a-z-]+)\) check_/gm)].map((match) => match[1]!);
  const [, kinds] = /\nexport type CheckKind =\n([\s\S]*?);\n/.exec(readFileSync("lib/host/check.ts", "utf8"))!;
  const made = [...kinds!.matchAll(/"([a-z-]+)"/g)].map((match) => match[1]!);
  expect(table("`verify`").length).toBeGreaterThan(15);
  expect(unique(known)).toEqual(table("`verify`"));
  // `verify` itself asks for the files.
  expect(unique([...made, "files"])).toEqual(table("`verify`"));
});
