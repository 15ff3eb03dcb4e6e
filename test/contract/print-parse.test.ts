import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ContractError,
  filesOf,
  type IndexFile,
  isField,
  keyIn,
  newsIn,
  type PlanLine,
  parseFileEntry,
  parseIndex,
  parsePlan,
  parseVerify,
  printFileEntry,
  printIndex,
  printPlan,
  printVerify,
  rehearsedIn,
  type VerifyLine,
} from "../../lib/contract";

const SUM = "0123456789abcdef".repeat(4);
/** Texts that quoting or splitting could get wrong. */
const TEXT = fc.string({ unit: fc.constantFrom(..."ab '\"\\$\n\té☃"), minLength: 0, maxLength: 12 });

describe("what is printed is what is read", () => {
  it("in plans, whose fields have neither tab nor line end", () => {
    const field = TEXT.filter(isField);
    const line = fc.oneof(
      fc.tuple(fc.constant("sysctl" as const), field, field),
      fc.tuple(fc.constant("route" as const), field, field, field, field),
    );
    fc.assert(
      fc.property(fc.array(line), (lines: readonly PlanLine[]) => {
        expect(parsePlan(printPlan(lines))).toEqual(lines);
      }),
    );
    expect(["a\tb", "a\nb", "a\rb", "a\0b", "a b"].map(isField)).toEqual([false, false, false, false, true]);
  });

  it("in verify scripts, scripts of several lines included", () => {
    const check: fc.Arbitrary<VerifyLine> = fc.record({
      kind: fc.constantFrom("sysctl", "command", "files"),
      phase: fc.constantFrom("local", "pair", "benchmark"),
      construct: TEXT,
      because: TEXT,
      args: fc.array(TEXT, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(check), (checks) => {
        expect(parseVerify(printVerify("lab/it's", checks))).toEqual(checks);
      }),
    );
    const nested = [{ kind: "command", phase: "local", construct: "a", because: "b", args: ["\ncheck x y 'z'\n"] }];
    expect(parseVerify(printVerify("h", nested as readonly VerifyLine[]))).toEqual(nested);
  });

  it.each([
    ["root/etc/a", "0644", "link", SUM],
    ["root/etc/a", "0600", "copy", `${SUM} 0600 copy`],
    ["root/etc/a", "0644", "none", `${SUM} none`],
    ["plan", "0644", "none", SUM],
    ["verify", "0755", "none", `${SUM} 0755`],
  ] as const)("in the words of a file: %s %s %s", (path, mode, install, words) => {
    const entry = { sha256: SUM, mode, install };
    expect(printFileEntry(path, entry)).toBe(words);
    expect(parseFileEntry(path, words)).toEqual(entry);
  });

  it.each([undefined, "", "abc", `${SUM} 644`, `${SUM} 0644 move`, `${SUM} 0644 copy x`])("but not in %j", (words) => {
    expect(parseFileEntry("plan", words)).toBeUndefined();
  });

  it("in the index that the page shows", () => {
    const [, example] = /```json\n(\{\n {2}"schema"[\s\S]*?)```/.exec(readFileSync("lib/agent/README.md", "utf8"))!;
    const index = parseIndex(example!.replaceAll("<sha256>", SUM).replaceAll("<hex>", SUM));
    expect(parseIndex(printIndex(index))).toEqual(index);
    expect(Object.values(filesOf(index, "node-0")).map(({ place }) => place)).toEqual([
      "hosts/node-0/plan",
      "hosts/node-0/verify",
      "hosts/node-0/root/etc/sysctl.d/60-netloom.conf",
      "hosts/node-0/root/etc/example.conf",
      "shared/root/etc/netloom/scripts/firewall",
      "wireguard/mesh.peers",
    ]);
  });
});

describe("an index is refused", () => {
  it.each([
    ["", "netloom.json cannot be read (Unexpected end of JSON input): synthesize again"],
    ["null", "netloom.json has schema undefined, this Netloom reads 2: synthesize again"],
    ['{"schema":3}', "netloom.json has schema 3, this Netloom reads 2: synthesize again"],
  ])("that is %j", (text, why) => {
    expect(() => parseIndex(text)).toThrow(new ContractError(why));
  });

  it("that says nothing of a file, or nothing that can be read", () => {
    const host = { path: "lab/a", platform: "linux", digest: SUM, files: { plan: "x" } } as const;
    const index: IndexFile = { ...parseIndex('{"schema":2}'), hosts: { a: host } };
    expect(() => filesOf(index, "a")).toThrow("netloom.json says nothing that can be read of hosts/a/plan");
    const shared = { ...index, hosts: { a: { ...host, files: {}, shared: ["wireguard/m.peers"] } } };
    expect(() => filesOf(shared, "a")).toThrow("nothing that can be read of wireguard/m.peers");
  });

  it("and so is a plan of another version", () => {
    expect(() => parsePlan("netloom-plan\t2\n")).toThrow(ContractError);
    expect(() => parsePlan("")).toThrow(ContractError);
  });
});

describe("answers in lines", () => {
  it("name what is looked for, and nothing else", () => {
    const text = "packages left: a b\nnot restored: x\nnot restored: y\nmodules left: c\nfoo packages left: d\n";
    expect(newsIn(text, "not restored")).toEqual(["x", "y"]);
    expect(newsIn(text, "packages left")).toEqual(["a b"]);
    expect(newsIn(text, "nixos warning")).toEqual([]);
  });

  it("say how long a rehearsal took, and which key a host has", () => {
    const key = `${"A".repeat(43)}=`;
    expect([rehearsedIn("x\nrehearsed 7450\n"), rehearsedIn("rehearsed soon\n")]).toEqual([7450, undefined]);
    expect(keyIn(`packages installed: wg\nmade ${key}\n`)).toEqual({ public: key, made: true });
    expect(keyIn(`kept ${key}\n`)).toEqual({ public: key, made: false });
    expect(keyIn("kept nothing\n")).toBeUndefined();
  });
});
