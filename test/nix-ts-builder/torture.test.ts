import { describe, expect, it } from "vitest";
import { nix, type NixNode, type NixValue, print, toNix } from "../../lib/nix-ts-builder";
import { itWith } from "../support/tools";
import { evaluateAll, evaluateText } from "./support/nix";
import { parse } from "./support/parse";
import { TORTURE, type TortureCase, tortureCases } from "./support/torture";

const VARIANTS = [
  { layout: "pretty", parens: "min" },
  { layout: "pretty", parens: "all" },
  { layout: "compact", parens: "min" },
  { layout: "compact", parens: "all" },
] as const;

/** Inputs of reject cases that JSON cannot hold. */
const INPUTS: Readonly<Record<string, () => unknown>> = {
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  "-Infinity": () => Number.NEGATIVE_INFINITY,
  "9223372036854775808n": () => 9223372036854775808n,
  "-9223372036854775809n": () => -9223372036854775809n,
  "Symbol('x')": () => Symbol("x"),
  "new Date(0)": () => new Date(0),
  "o.self = o": () => {
    const o: Record<string, unknown> = {};
    o["self"] = o;
    return o;
  },
  "attrs with path a.b and value a = call(...)": () =>
    nix.attrs([nix.bind(["a", "b"], 1), nix.bind("a", nix.call("f", 1))]),
};

function dataOf({ value, bigint, kind }: TortureCase): NixValue | NixNode {
  if (bigint !== undefined) return BigInt(bigint);
  return kind === "float" ? nix.float(value as number) : (value as NixValue);
}

describe("the torture file", () => {
  const plain = tortureCases("value");
  itWith([TORTURE, "nix-instantiate"], `has ${plain.length} plain values that mean the same in every layout`, () => {
    for (const variant of VARIANTS) {
      const values = evaluateAll(plain.map((one) => print(toNix(dataOf(one)), variant)));
      values.forEach((value, index) => {
        expect(value, plain[index]!.name).toEqual(JSON.parse(plain[index]!.expectedJson));
      });
    }
  });

  itWith([TORTURE, "nix-instantiate"], "has integers that keep every digit", () => {
    for (const one of plain.filter(({ bigint }) => bigint !== undefined))
      expect(evaluateText(print(toNix(dataOf(one)))), one.name).toBe(one.expectedJson);
  });

  const floats = tortureCases("float");
  itWith([TORTURE, "nix-instantiate"], `has ${floats.length} floats that Nix finds equal to their JSON`, () => {
    const checks = VARIANTS.flatMap((variant) =>
      floats.map(
        (one) => `(${print(toNix(dataOf(one)), variant)}) == builtins.fromJSON ${print(toNix(one.expectedJson))}`,
      ),
    );
    expect(evaluateAll(checks)).toEqual(checks.map(() => true));
  });

  const expressions = tortureCases("expr");
  itWith(
    [TORTURE, "nix-instantiate"],
    `has ${expressions.length} expressions that mean the same in every layout`,
    () => {
      for (const variant of VARIANTS) {
        const values = evaluateAll(expressions.map((one) => print(parse(one.nix).node, variant)));
        values.forEach((value, index) => {
          expect(value, expressions[index]!.name).toEqual(JSON.parse(expressions[index]!.expectedJson));
        });
      }
    },
  );

  it.each(tortureCases("special"))(
    "refuses as plain data what is only right when asked for: $name",
    ({ value, nix: text }) => {
      expect(() => toNix(value as NixValue)).toThrow(/outPath|__toString|_type|__functor/);
      expect(print(parse(text).node, { layout: "compact" }).trim()).toBe(text);
    },
  );

  it.each(tortureCases("reject"))("refuses $name", ({ input }) => {
    const given = input as { json?: string; js?: string };
    const make = given.json === undefined ? INPUTS[given.js!] : () => JSON.parse(given.json!);
    expect(make, `no input for ${given.js}`).toBeDefined();
    expect(() => toNix(make!() as NixValue)).toThrow(expect.objectContaining({ name: "NixError" }));
  });

  it.each(tortureCases("format"))("lays out $name as nixfmt does", ({ input, nix: golden }) => {
    const { node, header } = parse(input as string);
    // nixfmt keeps a set with one binding on the line where it was written; we always open it, which nixfmt keeps as well.
    const opened = golden.replace(/^\{ (.*;) \}\n$/, "{\n  $1\n}\n");
    expect(print(node, { scope: "any", ...(header !== undefined && { header }) })).toBe(opened);
  });

  it.each(tortureCases("format", "expr"))(
    "prints $name to the same bytes after reading its own text",
    ({ nix: text }) => {
      const { node, header } = parse(text);
      const options = { scope: "any", ...(header !== undefined && { header }) } as const;
      const printed = print(node, options);
      const again = parse(printed);
      expect(print(again.node, options)).toBe(printed);
    },
  );
});
