import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoteAlways } from "../../lib/contract";
import { command, comment, quote } from "../../lib/render";

/** What a real shell makes of words: each argument on its own, with NUL behind it. */
function wordsOf(text: string): string[] {
  const { stdout, status } = spawnSync("sh", ["-c", `printf '%s\\0' ${text}`], { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout.split("\0").slice(0, -1);
}

const WORD = fc.string({ unit: fc.constantFrom(..."ab \t\n'\"\\$`!*?[]{}()<>|&;#~=%-é😀"), minLength: 0 });

describe("shell words", () => {
  it("mean what was quoted, to a real shell", () => {
    fc.assert(
      fc.property(fc.array(WORD, { minLength: 1, maxLength: 8 }), (words) => {
        expect(wordsOf(command(...words))).toEqual(words);
        expect(wordsOf(words.map(quoteAlways).join(" "))).toEqual(words);
      }),
      { numRuns: 60 },
    );
  });

  it("are quoted only where they need it, and refuse what no shell can hold", () => {
    expect([quote("eth0"), quote(""), quote("a b"), quote("it's")]).toEqual(["eth0", "''", "'a b'", "'it'\\''s'"]);
    expect(() => quote("a\0b")).toThrow("NL-NUL");
  });
});

describe("comments", () => {
  it("end in no backslash, which would join the next line to them in modprobe.d", () => {
    expect(comment("a path: C:\\ \\\n\\")).toBe("# a path: C:\n#");
  });

  it("hold no NUL byte, behind which systemd-modules-load reads a new line", () => {
    expect(comment("a\0b\x1b[2J\x7f c")).toBe("# a b [2J  c");
  });

  it("stay comments, whatever they contain", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", " ", "\n", "\r", "\u2028", "#", "x") }), (text) => {
        for (const line of comment(text).split(/[\n\r\u2028]/)) expect(line.startsWith("#")).toBe(true);
      }),
    );
    expect(comment("one\n\ntwo ")).toBe("# one\n# two");
  });
});
