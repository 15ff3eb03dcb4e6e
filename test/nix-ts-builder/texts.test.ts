import { describe, expect } from "vitest";
import { nix, print } from "../../lib/nix-ts-builder";
import { itWith } from "../support/tools";
import { evaluateAll } from "./support/nix";

/** Strings that some printer got wrong: each must mean itself, as a value, as a name, and in the middle of a template. */
const TEXTS = [
  "$",
  "$$",
  "$$$",
  "${",
  "$${",
  "$$${",
  "\\${",
  "\\$",
  "${}",
  "''${",
  "'''",
  "''",
  "'",
  "''\\n",
  "''$",
  "$'",
  "$''",
  "'$",
  "'${a}'",
  "a''b",
  "a'''b",
  "a''''b",
  "\\",
  "\\\\",
  "\\n",
  '"',
  '\\"',
  "\n",
  "\n\n",
  "\r",
  "\r\n",
  "a\r\nb\r\n",
  "\t",
  "\ta\n\tb\n",
  " a\n b\n",
  "a\n b\n",
  "a\n\tb\n",
  "a\n\n\nb\n",
  "\na\nb\n",
  "a\nb",
  "a\nb\n ",
  "a\nb \n",
  "a \nb\n",
  "a\n  \nb\n",
  "a\n'\n",
  "a\n''\n",
  "''\na\n",
  "a\n${x}\n",
  "a\n$${x}\n",
  "a\n''${x}\n",
  "a\n\\n\n",
  "a\n\\${x}\n",
  "a\n$\n",
  "a$\nb$\n",
  "a\n$'b'\n",
  "a'\nb\n",
  "\u0001",
  "\u007f",
  "\u0085",
  "\u2028a\n\u2029b\n",
  "\ufeffa\nb\n",
  "é\nü\n",
  "🦄\n🦄\n",
  "null",
  "true",
  "1",
  "1.0",
  "-1",
  "./x",
  "/x",
  "<x>",
  "x:y",
  "a b",
  "let",
  "or",
  "/* a",
  "*/",
  "# a",
  "{",
  "}",
  "(",
  "]",
  ";",
  "=",
  "a.b",
  "a-b",
  "a'b",
  "__proto__",
  "a\u200db",
  "x".repeat(10_000),
];

const VARIANTS = (["pretty", "compact"] as const).flatMap((layout) =>
  (["min", "all"] as const).map((parens) => ({ layout, parens })),
);

describe("texts", () => {
  itWith(
    ["nix-instantiate"],
    `hold ${TEXTS.length} texts that are hard to quote, as value, name and part of a template`,
    () => {
      for (const variant of VARIANTS) {
        const nodes = TEXTS.map((text) =>
          nix.let({ v: "<v>" }, [
            text,
            { [text]: 1 },
            nix.str`${text}${nix.id("v")}${text}`,
            nix.lines`${text}${nix.id("v")}${text}`,
            nix.lines(text),
            nix.attrs([nix.bind("k", text, { comment: text, remark: text })]),
          ]),
        );
        const values = evaluateAll(nodes.map((node) => print(node, variant)));
        TEXTS.forEach((text, index) => {
          const around = `${text}<v>${text}`;
          expect(values[index], JSON.stringify(text)).toEqual([text, { [text]: 1 }, around, around, text, { k: text }]);
        });
      }
    },
  );

  itWith(["nix-instantiate"], "hold every short mixture of quotes, dollars and braces beside interpolations", () => {
    const texts = mixtures("'$\\{x", 5);
    const nodes = texts.map((text) =>
      nix.let({ v: "<v>" }, nix.lines`${text}${nix.id("v")}${text}\nx${text}${nix.id("v")}\n`),
    );
    const printed = nodes.map((node) => print(node));
    expect(printed.filter((text) => text.includes("''\n")).length).toBe(texts.length);
    const wrong = evaluateAll(printed).flatMap((value, index) => {
      const text = texts[index]!;
      return value === `${text}<v>${text}\nx${text}<v>\n` ? [] : [text];
    });
    expect(wrong).toEqual([]);
  });
});

/** All texts of up to `length` characters of an alphabet. */
function mixtures(alphabet: string, length: number): readonly string[] {
  const shorter = length === 1 ? [""] : mixtures(alphabet, length - 1);
  return [...new Set([...shorter, ...shorter.flatMap((text) => [...alphabet].map((one) => text + one))])];
}
