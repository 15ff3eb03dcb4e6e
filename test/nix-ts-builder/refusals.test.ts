import { describe, expect, it } from "vitest";
import { lib, nix, NixError, type NixValue, print, toNix } from "../../lib/nix-ts-builder";
import { itWith } from "../support/tools";
import { refusalOf } from "./support/nix";

const any = (value: unknown) => value as NixValue;
class Point {
  readonly x = 1;
}
const cyclicList: unknown[] = [];
cyclicList.push([cyclicList]);

/** What is done, where the message must say that it is wrong, and what it must say. */
const REFUSED: readonly (readonly [string, () => unknown, string, RegExp])[] = [
  ["undefined", () => toNix(any(undefined)), "value", /undefined/],
  ["undefined in a list", () => toNix(any({ a: [1, undefined] })), "value.a[1]", /undefined/],
  ["a hole in a list", () => toNix(any(new Array(1))), "value[0]", /undefined/],
  ["a function", () => toNix(any({ a: () => 1 })), "value.a", /a function/],
  ["a symbol", () => toNix(any([Symbol("s")])), "value[0]", /Symbol\(s\)/],
  ["a symbol as name", () => toNix(any({ [Symbol("s")]: 1 })), "value", /symbol/],
  ["NaN", () => toNix({ a: { "b c": Number.NaN } }), 'value.a."b c"', /NaN/],
  ["infinity", () => toNix([Number.POSITIVE_INFINITY]), "value[0]", /Infinity/],
  ["negative infinity", () => toNix([Number.NEGATIVE_INFINITY]), "value[0]", /-Infinity/],
  ["a subnormal float", () => toNix(5e-324), "value", /subnormal/],
  ["a large number", () => toNix(2 ** 53), "value", /bigint.*nix\.float/],
  ["a large negative number", () => toNix(-(2 ** 53)), "value", /bigint/],
  ["1e21", () => toNix([1e21]), "value[0]", /1e\+21/],
  ["a too large bigint", () => toNix(2n ** 63n), "value", /9223372036854775807/],
  ["a too small bigint", () => toNix(-(2n ** 63n) - 1n), "value", /-9223372036854775808/],
  ["NUL in a string", () => toNix({ a: "x\0y" }), "value.a", /NUL/],
  ["NUL in a name", () => toNix({ "x\0y": 1 }), "value", /NUL/],
  ["half a surrogate pair", () => toNix(["\ud83e"]), "value[0]", /surrogate/],
  ["the other half", () => toNix(["a\udd84b"]), "value[0]", /surrogate/],
  ["half a pair in a name", () => toNix({ "\ud83e": 1 }), "value", /surrogate/],
  ["a date", () => toNix(any({ at: new Date(0) })), "value.at", /a Date/],
  ["a set", () => toNix(any(new Set([1]))), "value", /a Set/],
  ["a class instance", () => toNix(any([new Point()])), "value[0]", /a Point/],
  ["a buffer", () => toNix(any(Buffer.from("x"))), "value", /a Buffer/],
  ["a regular expression", () => toNix(any(/x/)), "value", /a RegExp/],
  ["a boxed string", () => toNix(any(new String("x"))), "value", /a String/],
  ["a promise", () => toNix(any(Promise.resolve(1))), "value", /a Promise/],
  ["a Map with number names", () => toNix(any({ m: new Map([[1, 2]]) })), "value.m", /is a number/],
  ["a cycle through a list", () => toNix(any(cyclicList)), "value[0][0]", /contains itself/],
  [
    "a cycle through a Map",
    () =>
      toNix(
        any(
          (() => {
            const m = new Map<string, unknown>();
            m.set("m", m);
            return m;
          })(),
        ),
      ),
    "value.m",
    /contains itself/,
  ],
  ...["_type", "outPath", "__toString", "__functor"].map(
    (name) => [`the name ${name}`, () => toNix({ a: { [name]: "x" } }), "value.a", new RegExp(name)] as const,
  ),
  ["a binding as value", () => toNix(any([nix.bind("a", 1)])), "value[0]", /bind node/],
  ["data below a builder", () => nix.attrs({ a: { b: Number.NaN } }, { name: "config" }), "config.a.b", /NaN/],
  ["data below lib", () => lib.mkForce([{ a: Number.NaN }]), "lib.mkForce[0].a", /NaN/],
  ["a keyword as variable", () => nix.id("let"), "nix.id", /let/],
  ["or as variable", () => nix.id("or"), "nix.id", /or/],
  ["true as variable", () => nix.id("true"), "nix.id", /literals/],
  ["text as variable", () => nix.id("a b"), "nix.id", /no variable name/],
  ["an empty reference", () => nix.ref(""), "nix.id", /no variable name/],
  ["a variable that hides null", () => nix.fn("null", 1), "nix.fn", /literals and operators/],
  ["a variable that hides subtraction", () => nix.let({ __sub: 1 }, 1), "let", /__sub/],
  ["a recursive set that hides true", () => nix.attrs({ true: 1 }, { rec: true }), "rec", /true/],
  [
    "an inherited name that hides toString",
    () => nix.let([nix.inherit(["toString"], nix.id("a"))], 1),
    "let",
    /toString/,
  ],
  ["a repeated argument", () => nix.fn({ args: ["a", "a"] }, 1), "nix.fn", /twice/],
  ["an argument like its alias", () => nix.fn({ args: ["a"], alias: "a" }, 1), "nix.fn", /twice/],
  ["a computed name in let", () => nix.let([nix.bind([nix.id("a")], 1)], 1), "let", /computed name/],
  ["a call without arguments", () => (nix.call as (f: string) => unknown)("f"), "nix.call", /no argument/],
  ["an empty attribute path", () => nix.get(nix.id("a")), "nix.get", /no name/],
  ["a number in an attribute path", () => nix.get(nix.id("a"), any(1) as string), "nix.get", /not text/],
  ["inherit of no variable", () => nix.inherit(["a b"]), "nix.inherit", /no variable/],
  ["something else than bindings", () => nix.attrs(any([1]) as never), "[0]", /no binding/],
  ["a boolean in a template", () => nix.str`${any(true) as string}`, "nix.str", /true/],
  ["an object in a template", () => nix.lines`${any({}) as string}`, "nix.lines", /an object/],
  ["NUL in a template", () => nix.str`a${"\0"}`, "nix.str", /NUL/],
  ["a surrogate pair split by a template", () => nix.str`\ud83e${nix.id("a")}`, "nix.str", /surrogate/],
  ["NUL in a comment", () => nix.bind("a", 1, { comment: "\0" }), "a", /NUL/],
  ["a fraction as integer", () => nix.int(1.5), "nix.int", /1\.5/],
  ["NaN as float", () => nix.float(Number.NaN), "nix.float", /NaN/],
  ["text as path", () => nix.path("x"), "nix.path", /\.\/x/],
  ["an empty path", () => nix.path(""), "nix.path", /no path/],
  ["NUL in a path", () => nix.path("./a\0b"), "nix.path", /NUL/],
  ["something else than a node", () => print(any({ kind: "int", value: 1n }) as never), "print", /no expression node/],
  ["a free variable", () => print(toNix({ a: [1, nix.ref("config.x")] })), "value.a[1]", /config/],
  ["a free variable in a name", () => print(nix.attrs([nix.bind([nix.id("q")], 1)])), "value", /variable q/],
  [
    "a free variable that is inherited",
    () => print(nix.attrs({ a: nix.attrs([nix.inherit(["q"])]) })),
    "value.a",
    /variable q/,
  ],
  [
    "a variable of a neighbouring scope",
    () => print(nix.list([nix.fn("x", nix.id("x")), nix.id("x")])),
    "value[1]",
    /variable x/,
  ],
  [
    "a module that uses what it does not take",
    () => nix.module({ args: ["lib"], config: { a: nix.ref("pkgs.x") } }),
    "module.a",
    /pkgs/,
  ],
  [
    "a flake that uses what it does not have",
    () => nix.flake({ outputs: { a: nix.ref("nixpkgs.lib") } }),
    "outputs.a",
    /nixpkgs/,
  ],
  [
    "a flake input that is no name",
    () => nix.flake({ inputs: { "a.b": "x" }, outputs: {} }),
    "nix.flake inputs",
    /a\.b/,
  ],
  ["a flake input called self", () => nix.flake({ inputs: { self: "x" }, outputs: {} }), "nix.flake inputs", /self/],
];

const two =
  (first: readonly string[], second: readonly string[], value: NixValue = 1): (() => unknown) =>
  () =>
    nix.attrs([nix.bind(first, value, { origin: "X" }), nix.bind(second, 2, { origin: "Y" })]);

/** Definitions that Nix calls "already defined", and the path that both name. */
const CLASHES: readonly (readonly [string, () => unknown, string])[] = [
  ["one name twice", two(["a"], ["a"]), "a"],
  ["one path twice", two(["a", "b"], ["a", "b"]), "a.b"],
  ["a value and a path below it", two(["a"], ["a", "b"]), "a"],
  ["a path and a value above it", two(["a", "b"], ["a"]), "a"],
  ["a set and a path into it", two(["a"], ["a", "b"], { b: 1 }), "a.b"],
  ["a list and a path below it", two(["a"], ["a", "b"], [1]), "a"],
  ["a call and a path below it", two(["a"], ["a", "b"], nix.call(nix.id("f"), {})), "a"],
  ["a quoted name twice", two(["a b", "c.d"], ["a b", "c.d"]), '"a b"."c.d"'],
  [
    "two sets",
    () => nix.attrs([nix.bind("a", { x: { y: 1 } }, { origin: "X" }), nix.bind("a", { x: { y: 2 } }, { origin: "Y" })]),
    "a.x",
  ],
  [
    "an inherited name",
    () => nix.attrs([nix.inherit(["a"], nix.id("b"), { origin: "X" }), nix.bind("a", 1, { origin: "Y" })]),
    "a",
  ],
  [
    "two bindings of nested",
    () => nix.nested([nix.bind(["a", "b"], 1, { origin: "X" }), nix.bind(["a", "b"], 2, { origin: "Y" })]),
    "a.b",
  ],
  [
    "a value below nested",
    () => nix.nested([nix.bind(["a"], 1, { origin: "X" }), nix.bind(["a", "b"], 2, { origin: "Y" })]),
    "a",
  ],
];

describe("refusals", () => {
  it.each(REFUSED)("name the place and the value: %s", (_, run, path, message) => {
    let caught: unknown;
    try {
      run();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(NixError);
    const error = caught as NixError;
    expect(error.path).toBe(path);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`${path}: `);
    expect(error.accepted.length).toBeGreaterThan(3);
  });

  it.each(CLASHES)("name both definitions: %s", (_, run, path) => {
    expect(run).toThrow(new RegExp(`^${path.replace(/[.[\]]/g, "\\$&")}: is defined by X and by Y`));
  });

  it("say twice where nobody is named", () => {
    expect(() => nix.attrs([nix.bind("a", 1), nix.bind("a", 2)])).toThrow(/^a: is defined twice/);
    expect(() => nix.attrs([nix.bind("a", 1, { origin: "X" }), nix.bind("a", 2)])).toThrow(/by X and by \?/);
  });

  it("keep long values short", () => {
    expect(() => toNix(`${"x".repeat(1_000_000)}\0`)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,400}$/s) }),
    );
  });

  itWith(["nix-instantiate"], "are right: Nix refuses the same double definitions", () => {
    const texts = [
      "{ a = 1; a = 1; }",
      "{ a.b = 1; a.b = 2; }",
      "{ a = 1; a.b = 2; }",
      "{ a.b = 1; a = 2; }",
      "{ a = { b = 1; }; a.b = 2; }",
      "{ a = [ 1 ]; a.b = 2; }",
      "{ a = { x = { y = 1; }; }; a = { x = { z = 2; }; }; }",
      "{ a = { ${toString 1} = 1; }; a = 2; }",
    ];
    for (const text of texts) expect(refusalOf(text), text).toMatch(/already defined/);
  });
});
