import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nix, NixError, type NixNode, print } from "../../lib/nix-ts-builder";
import { itWith } from "../support/tools";
import { SEED } from "./support/batches";
import { parseText } from "./support/nix";

const RAW_REFUSED = [
  "",
  " ",
  "# only a comment\n",
  "/* x */",
  ")",
  "(",
  "[",
  "{",
  "]",
  "}",
  "(]",
  "[)",
  "{ a = (1; }",
  "1)",
  "1) + (2",
  "1; } // { b = 2",
  '"',
  '"a',
  '"${',
  '"${a"',
  '"${"a}"',
  "''",
  "''a",
  "''a''${",
  "'''",
  "a # b",
  "1 # x",
  "1 /* x",
  "1 /* x *",
  "/*/ 1",
  '"\\"',
  "a\0b",
  "\ud83e",
  "a ` b",
  "a \\ b",
  "a ~ b",
  "a ^ b",
  "{ # }",
  '{ a = "}; }',
  "''\n'' ''",
  "(''))''",
  '"a" "',
  'x:"y',
  "(/* ) */",
];

const RAW_ACCEPTED = [
  "a",
  "a.b",
  "a b",
  "1 + 2",
  "x: x",
  "x:x",
  "{ a, b ? 1, ... }@args: a",
  '"}"',
  '"${"}"}"',
  '"\\""',
  '"$${"',
  '"$"',
  '"\\${"',
  "''}''",
  "''''${''",
  "'' ''' ''",
  "''''\\n''",
  "''$${''",
  "''${\"''\"}''",
  "'' ' ''",
  "{ a = 1; }",
  "[ 1 2 ]",
  "(1)",
  "a # b\n",
  "/* ( */ 1",
  "1 /* * / */",
  "# )\n1",
  "./a/b",
  "./a/${b}/c",
  "<nixpkgs>",
  "~/x",
  "http://x.org/a?b=c",
  "''''",
  "let a = 1; in a",
  "if a then b else c",
  "with a; b",
  "assert a; b",
  "a ? b",
  "a.${b}",
  'a."b c"',
  "rec { }",
  "!a",
  "-1",
  "a or b",
  "1.5e3",
  ".5",
  "a -> b",
  "a // b",
  "a++b",
  "a<b",
  "''\n  a\n  ''",
  "a\r\n",
  "\ta",
];

describe("raw text", () => {
  it.each(RAW_REFUSED)("that would break out of its place is refused: %j", (text) => {
    expect(() => nix.raw(text)).toThrow(NixError);
  });

  it.each(RAW_ACCEPTED)("that is closed in itself is accepted: %j", (text) => {
    const list = print(nix.list([nix.raw(text), 2]), { layout: "compact" });
    expect(list).toBe(nix.raw(text).atom ? `[ ${text} 2 ]\n` : `[ (${text}) 2 ]\n`);
  });

  itWith(["nix-instantiate"], "stays one list item for Nix, whenever it parses at all", () => {
    for (const text of RAW_ACCEPTED) {
      const list = print(nix.list([nix.raw(text), 2]), { layout: "compact" });
      const bound = "a: b: c: args: ";
      const alone = parseText(`${bound}(\n${text}\n)`);
      const parsed = parseText(bound + list);
      expect(parsed === undefined, text).toBe(alone === undefined);
      if (parsed !== undefined) expect(parsed, text).toMatch(/ \(2\) \]\)*$/);
    }
  });

  itWith(
    ["nix-instantiate"],
    "never breaks out, whatever random text is accepted",
    () => {
      const numRuns = process.env["CI"] ? 3_000 : 500;
      console.info(`raw texts: ${numRuns} cases, FC_SEED=${SEED}`);
      const pieces =
        "a|1|(|)|[|]|{|}|${|\"|''|'|$|\\|#|\n|/*|*/|/|./a|/b|~/x|<a>|x:y|x:|=|;|a=1;|.|...|-|or|let|in|''\\|$$|?|@|,|''${| ";
      const text = fc
        .array(fc.constantFrom(...pieces.split("|")), { minLength: 1, maxLength: 9 })
        .map((parts) => parts.join(""));
      fc.assert(
        fc.property(text, (candidate) => {
          const accepted = acceptedRaw(candidate);
          if (accepted === undefined) return;
          const list = parseText(`a: b: ${print(nix.list([accepted, 2]), { layout: "compact" })}`);
          if (list === undefined) return;
          const alone = parseText(`a: b: (\n${candidate}\n)`);
          expect(list).toBe(alone?.replace(/^\(a: \(b: (.*)\)\)$/s, "(a: (b: [ ($1) (2) ]))"));
        }),
        { seed: SEED, numRuns },
      );
    },
    240_000,
  );

  it("is an atom only where the lexer proves it", () => {
    for (const text of ["a", '"x"', "''x''", "[ 1 ]", "{ }", "(a b)", " a ", "# c\na"])
      expect(nix.raw(text).atom, text).toBe(true);
    for (const text of ["a.b", "a b", "-1", "1", "./x", "[ ] ++ [ ]", "(a) b", "x: x", "or", "let", "rec { }", "!a"]) {
      expect(nix.raw(text).atom, text).toBe(false);
    }
  });
});

function acceptedRaw(text: string): NixNode | undefined {
  try {
    return nix.raw(text);
  } catch {
    return undefined;
  }
}
