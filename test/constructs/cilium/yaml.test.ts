import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { printYaml, printYamlDocuments } from "../../../lib/constructs/cilium/yaml";
import { TOOLS_ARE_REQUIRED } from "../../support/installed";
import { itWith } from "../../support/tools";

/** What a YAML 1.1 parser takes for something else than a string, and what breaks a plain scalar. */
const TRAPS = [
  "No",
  "no",
  "on",
  "Off",
  "y",
  "N",
  "yes",
  "TRUE",
  "null",
  "Null",
  "~",
  "",
  " ",
  "=",
  "<<",
  "-",
  "?",
  ":",
  "1_000",
  "0b11",
  "0o7",
  "017",
  "0x1F",
  "1e3",
  "1.5e+3",
  ".5",
  "5.",
  "+1",
  "-.inf",
  ".NaN",
  "1,000",
  "12:30:45",
  "190:20:30.15",
  "2001-01-01",
  "2001-12-14t21:59:43.10-05:00",
  "- a",
  "a: b",
  "a #b",
  "a:",
  "!tag",
  "&a",
  "*a",
  "@a",
  "`a",
  "%a",
  "{a}",
  "[a]",
  "|",
  ">",
  "'a",
  '"a',
  "a\tb",
  "line\nbreak",
  "trailing\n",
  "\nleading\n",
  "a\u0085b",
  "a\u2028b",
  "a\u2029b",
  "\ufeffa",
  "a\u007fb",
  "a\rb",
  "10.0.0.0/8",
  "10.0.0.1",
  "::1",
  "fd00::/64",
  "1.20.0",
  "15s",
  "---",
  "... ",
  "key: |\n  block\n",
  "\u0085starts with a control character\nof YAML 1.1\n",
  "\u007fdelete\n",
  "\u2028separator\n",
  "a\n\n\nb\n",
  "  indented\n",
  "x \n",
  "é",
  "🙂",
  "a,b",
  "${x}",
  "%{x}",
  "httpV2:exemplars=true",
];

/** No half of a surrogate pair. */
const wellFormed = (text: string): boolean => Buffer.from(text).toString() === text;

const PYTHON = ["python3", { available: TOOLS_ARE_REQUIRED || hasPyYaml(), skipReason: "PyYAML is not installed" }];
const itWithPyYaml = (title: string, run: () => void) => itWith(PYTHON, title, run);

function hasPyYaml(): boolean {
  return python("import yaml", "") !== undefined;
}

function python(code: string, input: string): string | undefined {
  try {
    return execFileSync("python3", ["-c", code], { input, encoding: "utf8", stdio: ["pipe", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
}

describe("printed YAML", () => {
  it("carries every trap as a string, as key and as value, under YAML 1.1 and 1.2", () => {
    const value = { list: TRAPS, map: Object.fromEntries(TRAPS.map((text) => [text, text])) };
    const text = printYaml(value);
    for (const version of ["1.1", "1.2"] as const) expect(parse(text, { version })).toEqual(value);
  });

  it("carries arbitrary text, numbers and nesting under YAML 1.1 and 1.2", () => {
    const scalar = fc.oneof(
      fc.string({ unit: "binary" }).filter(wellFormed),
      fc.string({ unit: fc.constantFrom(..."0123456789:_.-+eExXob/ #\n'\"|>&*!%@`{}[],?~=<ynofYNOF".split("")) }),
      fc.constantFrom(...TRAPS),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const key = fc.oneof(fc.constantFrom(...TRAPS), fc.string()).filter((k) => k !== "__proto__" && wellFormed(k));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: "small" }, scalar, fc.array(tie("tree")), fc.dictionary(key, tie("tree"))),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const plain = JSON.parse(JSON.stringify(value));
        const text = printYaml(plain);
        for (const version of ["1.1", "1.2"] as const) expect(parse(text, { version })).toEqual(plain);
      }),
      { numRuns: 500 },
    );
  });

  itWithPyYaml("means the same to PyYAML, a YAML 1.1 parser of another family", () => {
    const value = {
      list: TRAPS,
      map: Object.fromEntries(TRAPS.map((text) => [text, text])),
      nested: [{ a: [1, true, null, 0.08] }],
    };
    const code = "import yaml,json,sys; print(json.dumps(yaml.safe_load(sys.stdin.buffer.read().decode())))";
    expect(JSON.parse(python(code, printYaml(value)) ?? "null")).toEqual(value);
  });

  const HARD = [0x7f, 0x80, 0x85, 0x9f, 0xa0, 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff].flatMap((code) => {
    const character = String.fromCharCode(code);
    return [`${character}a\nb\n`, `a${character}\nb\n`, `a\n${character}b\n`, `a\n${character}\n`];
  });

  itWithPyYaml("carries control characters and line ends of Unicode in text of several lines", () => {
    const code = "import yaml,json,sys; print(json.dumps(yaml.safe_load(sys.stdin.buffer.read().decode())))";
    expect(JSON.parse(python(code, printYaml(HARD)) ?? "null")).toEqual(HARD);
  });

  it("writes what people would write where that is safe", () => {
    expect(
      printYaml({ version: "1.20.0", cidr: "10.42.0.0/16", name: "cilium", allowFirstLastIPs: "No", on: true }),
    ).toBe('version: "1.20.0"\ncidr: 10.42.0.0/16\nname: cilium\nallowFirstLastIPs: "No"\n"on": true\n');
  });

  it("puts comments above the entry they are about", () => {
    expect(printYaml({ a: { b: 1 } }, new Map([["a.b", "because"]]))).toBe("a:\n  # because\n  b: 1\n");
  });

  it("keeps documents apart", () => {
    const text = printYamlDocuments([{ a: 1 }, { b: "---" }]);
    expect(parseAllDocuments(text).map((document) => document.toJS())).toEqual([{ a: 1 }, { b: "---" }]);
  });

  it("decides about long text in linear time", () => {
    // Time that grows with the square of a million would be more than a test has.
    const [a, b] = [`${"a".repeat(1_000_000)}"`, `${"a b".repeat(300_000)}\t`];
    expect(printYaml({ a, b }).length).toBeGreaterThan(1_900_000);
  });

  it("refuses what no manifest can hold", () => {
    for (const bad of [{ a: Number.NaN }, { a: 1e21 }, { a: () => 1 }, { a: "\ud800" }, { a: Symbol("x") }, { a: 1n }])
      expect(() => printYaml(bad)).toThrow(/NL-CILIUM-YAML/);
  });
});
