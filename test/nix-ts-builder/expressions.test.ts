import { describe, expect } from "vitest";
import { lib, nix, type NixValue, print, toNix } from "../../lib/nix-ts-builder";
import { itWith } from "../support/tools";
import { evaluateAll } from "./support/nix";

const f = nix.fn("x", nix.id("x"));
const one = nix.attrs({ a: 1, b: { c: 2 } });
const letA = (value: NixValue, body: NixValue) => nix.let({ a: value }, body);
const { op } = nix;

const EXPRESSIONS: readonly (readonly [string, NixValue, unknown])[] = [
  ["minus one in a list", [-1, nix.neg(1), nix.float(-1.5)], [-1, -1, -1.5]],
  ["minus of minus", nix.neg(nix.neg(nix.neg(1))), -1],
  ["minus of a negative literal", nix.neg(-1), 1],
  ["minus of a call", nix.neg(nix.call(f, 1)), -1],
  ["minus of a select", nix.neg(nix.get(one, "a")), -1],
  ["the smallest integer", op("+", -(2n ** 63n), 1), Number(-9223372036854775807n)],
  ["the smallest integer as argument", op("-", nix.call(f, -(2n ** 63n)), -1), Number(-9223372036854775807n)],
  ["subtraction to the right", op("-", 10, op("-", 5, 2)), 7],
  ["subtraction to the left", op("-", 10, 5, 2), 3],
  ["subtraction of a negative", op("-", 10, -5), 15],
  ["division to the right", op("/", 100, op("/", 10, 2)), 20],
  ["division of variables", nix.let({ a: 6, b: 2 }, op("/", nix.id("a"), nix.id("b"))), 3],
  ["mixed products", op("*", op("+", 1, 2), op("-", 5, 1)), 12],
  ["concatenation to the left", op("++", op("++", [1], [2]), [3]), [1, 2, 3]],
  ["update to the left", op("//", op("//", { a: 1 }, { a: 2 }), { b: 3 }), { a: 2, b: 3 }],
  ["update with a select", nix.get(op("//", { a: 1 }, { a: 2 }), "a"), 2],
  ["not of equality", nix.not(op("==", 1, 2)), true],
  ["equality of nots", op("==", nix.not(true), nix.not(true)), true],
  ["not of not", nix.not(nix.not(false)), false],
  ["not of a test", nix.not(nix.has(one, "z")), true],
  ["test of a negative number", nix.has(nix.neg(1), "a"), false],
  ["test of a long path", nix.has(one, "b", "c"), true],
  ["test of a test", nix.has(nix.has(one, "a"), "a"), false],
  ["comparison of comparisons", op("==", op("<", 1, 2), op(">", 2, 1)), true],
  ["comparison in parentheses", op("==", op("==", 1, 1), true), true],
  ["implication to the left", op("->", op("->", true, false), false), true],
  ["implication to the right", op("->", true, op("->", false, false)), true],
  ["or of ands", op("||", op("&&", false, true), op("&&", true, true)), true],
  ["and of ors", op("&&", op("||", false, true), op("||", true, false)), true],
  ["if as operand", op("+", nix.if(true, 1, 2), nix.if(false, 1, 2)), 3],
  ["if as argument", nix.call(f, nix.if(true, 1, 2)), 1],
  ["if in a condition", nix.if(nix.if(true, false, true), 1, 2), 2],
  ["if as function", nix.call(nix.if(true, f, f), 3), 3],
  ["if chain", nix.if(false, 1, nix.if(false, 2, nix.if(true, 3, 4))), 3],
  ["if before an operator", op("+", nix.if(false, 1, 2), 3), 5],
  ["let as operand", op("+", 1, letA(2, nix.id("a"))), 3],
  ["let as base of a select", nix.get(letA(2, one), "a"), 1],
  ["let in a list", [letA(2, nix.id("a"))], [2]],
  ["let with a path", nix.let([nix.bind(["a", "b"], 1), nix.bind(["a", "c"], 2)], nix.id("a")), { b: 1, c: 2 }],
  [
    "let with a quoted name",
    nix.let([nix.bind("a b", 1)], nix.attrs([nix.inherit(["a b"], nix.attrs({ "a b": 2 }))])),
    { "a b": 2 },
  ],
  ["let that refers to itself", nix.let({ a: 1, b: nix.id("a") }, nix.id("b")), 1],
  ["with as operand", op("+", 1, nix.with(one, nix.id("a"))), 2],
  ["with inside with", nix.with({ a: 1 }, nix.with({ a: 2 }, nix.id("a"))), 2],
  ["with against let", letA(1, nix.with({ a: 2 }, nix.id("a"))), 1],
  ["assert as argument", nix.call(f, nix.assert(true, 1)), 1],
  ["assert with an operator", nix.assert(op("==", 1, 1), op("+", 1, 1)), 2],
  ["lambda as argument", nix.call("map", nix.fn("x", op("+", nix.id("x"), 1)), [1, 2]), [2, 3]],
  ["lambda as operand", nix.call("builtins.typeOf", op("//", { f }, {})), "set"],
  ["curried lambda", nix.call(nix.fn("x", nix.fn("y", op("-", nix.id("x"), nix.id("y")))), 5, 3), 2],
  ["call of a call", nix.call(nix.call(nix.fn("x", nix.fn("y", nix.id("y"))), 1), 2), 2],
  ["call as argument", nix.call(f, nix.call(f, 1)), 1],
  ["call with a set", nix.call(nix.fn({ args: ["a"] }, nix.id("a")), { a: 1 }), 1],
  ["call with a selected default", nix.call(f, nix.getOr(one, "z", 5)), 5],
  ["selected default as function", nix.call(nix.getOr({ f }, "f", 1), 2), 2],
  [
    "default pattern",
    nix.call(nix.fn({ args: { a: 1, b: op("+", nix.id("a"), 1) } }, [nix.id("a"), nix.id("b")]), {}),
    [1, 2],
  ],
  [
    "open pattern with alias",
    nix.call(nix.fn({ args: ["a"], open: true, alias: "all" }, nix.get(nix.id("all"), "z")), { a: 1, z: 2 }),
    2,
  ],
  ["empty pattern", nix.call(nix.fn({ args: [] }, 1), {}), 1],
  [
    "empty open pattern with alias",
    nix.call(nix.fn({ args: [], open: true, alias: "all" }, nix.id("all")), { z: 2 }),
    { z: 2 },
  ],
  [
    "many arguments",
    nix.call(nix.fn({ args: ["a", "b", "c"] }, [nix.id("c"), nix.id("b"), nix.id("a")]), { a: 1, b: 2, c: 3 }),
    [3, 2, 1],
  ],
  ["select of a number", nix.getOr(1, "a", 2), 2],
  ["select of a string", nix.getOr("x", "a", 2), 2],
  ["select of a list", nix.getOr([1], "a", 2), 2],
  ["select of a float", nix.getOr(1.5, "a", 2), 2],
  ["select of null", nix.getOr(null, "a", 2), 2],
  ["select of a path", nix.getOr(nix.path("./x"), "a", 2), 2],
  ["select of a negative number", nix.getOr(-1, "a", 2), 2],
  ["select step by step", nix.get(nix.get(one, "b"), "c"), 2],
  ["select of a selected default", nix.get(nix.getOr(one, "z", { q: 7 }), "q"), 7],
  ["default of a default", nix.getOr(one, "z", nix.getOr(one, "y", 3)), 3],
  ["default over several steps", nix.getOr(one, ["z", "y", "x"], 4), 4],
  ["negative default", nix.getOr(one, "z", -1), -1],
  ["select by a computed name", letA("b", nix.get(one, nix.id("a"), "c")), 2],
  ["select by text and value", letA("b", nix.get({ xb: 3 }, nix.str`x${nix.id("a")}`)), 3],
  ["select by a strange name", nix.get({ "a.b ${c}": 3 }, "a.b ${c}"), 3],
  ["select of or", nix.get({ or: 3 }, "or"), 3],
  ["computed name", letA("k", nix.attrs([nix.bind([nix.id("a")], 1)])), { k: 1 }],
  ["computed name below a name", letA("k", nix.attrs([nix.bind(["n", nix.id("a"), "m"], 1)])), { n: { k: { m: 1 } } }],
  [
    "computed name from a template",
    letA("k", nix.attrs([nix.bind([nix.str`${nix.id("a")}-${nix.id("a")}`], 1)])),
    { "k-k": 1 },
  ],
  [
    "paths that merge",
    nix.attrs([nix.bind(["a", "b"], 1), nix.bind("a", { c: 2 }), nix.bind(["a", "d", "e"], 3)]),
    { a: { b: 1, c: 2, d: { e: 3 } } },
  ],
  [
    "sets that merge",
    nix.attrs([nix.bind("a", { x: 1 }), nix.bind("a", { y: 2 }), nix.bind(["a", "z", "q"], 3)]),
    { a: { x: 1, y: 2, z: { q: 3 } } },
  ],
  [
    "a path deep into a set",
    nix.attrs([nix.bind("a", { x: { y: 1 } }), nix.bind(["a", "x", "z"], 2)]),
    { a: { x: { y: 1, z: 2 } } },
  ],
  [
    "a computed name below a set",
    letA("k", nix.attrs([nix.bind("n", { x: 1 }), nix.bind(["n", nix.id("a")], 2)])),
    { n: { x: 1, k: 2 } },
  ],
  [
    "nested bindings",
    nix.nested([
      nix.bind(["a", "b", "c"], 1),
      nix.bind(["a", "b", "d"], 2),
      nix.bind(["z"], 3),
      nix.bind(["a", "e"], 4),
    ]),
    { a: { b: { c: 1, d: 2 }, e: 4 }, z: 3 },
  ],
  [
    "nested bindings into a set",
    nix.nested([
      nix.bind(["a"], { x: { y: { p: 1 } } }),
      nix.bind(["a", "x", "y", "q"], 2),
      nix.bind(["a", "x", "w"], 3),
    ]),
    { a: { x: { y: { p: 1, q: 2 }, w: 3 } } },
  ],
  ["recursive set", nix.attrs({ a: 1, b: nix.id("a") }, { rec: true }), { a: 1, b: 1 }],
  ["empty recursive set", nix.attrs([], { rec: true }), {}],
  ["inherit", letA(1, nix.attrs([nix.inherit(["a"])])), { a: 1 }],
  ["inherit from a call", nix.attrs([nix.inherit(["a"], nix.call(f, one))]), { a: 1 }],
  [
    "inherit of strange names",
    nix.attrs([nix.inherit(["or", "a b", "let", "${x}"], nix.attrs({ or: 1, "a b": 2, let: 3, "${x}": 4 }))]),
    { or: 1, "a b": 2, let: 3, "${x}": 4 },
  ],
  [
    "inherit of many",
    nix.attrs([nix.inherit(["a", "b", "c", "d"], nix.attrs({ a: 1, b: 2, c: 3, d: 4 }))]),
    { a: 1, b: 2, c: 3, d: 4 },
  ],
  ["inherit of nothing", nix.attrs([nix.inherit([]), nix.bind("a", 1)]), { a: 1 }],
  ["template", nix.str`a${"b"}c${1}d${2n}e${nix.str`f`}`, "ab" + "c1d2ef"],
  [
    "template with computed numbers",
    nix.str`${nix.int(1)} ${nix.float(1.5)} ${toNix(true)} ${toNix(null)}`,
    "1 1.500000 1 ",
  ],
  ["template with dollars", nix.str`$${"{"}$${nix.str`x`}$$${nix.str`y`}`, "${$x$$y"],
  ["template in a template", nix.str`a${nix.str`b${nix.str`c${"d"}`}`}`, "abcd"],
  ["template of a set's part", nix.str`${nix.get({ a: "x" }, "a")}`, "x"],
  ["template of an if", nix.str`${nix.if(true, "x", "y")}!`, "x!"],
  ["template of a let", nix.str`${letA("x", nix.id("a"))}`, "x"],
  ["lines", nix.lines("a\n  b\n\nc\n"), "a\n  b\n\nc\n"],
  [
    "lines that begin with values",
    nix.lines`${nix.str`x`}
      y
    ${nix.str`z`}
    `,
    "x\n  y\nz\n",
  ],
  [
    "lines with a value after blanks",
    nix.lines`
    a
      ${nix.str`b`} c
  `,
    "a\n  b c\n",
  ],
  ["lines that cannot be indented", nix.lines("  a\n  b\n"), "  a\n  b\n"],
  [
    "comments",
    nix.attrs([
      nix.bind("a", 1, { comment: "*/ ''\n}\r;\u2028x", remark: "}\n;" }),
      nix.bind("b", 2, { gap: true, comment: "" }),
    ]),
    { a: 1, b: 2 },
  ],
  ["path", nix.call("builtins.typeOf", nix.path("./a b/${c}")), "path"],
  ["path with strange characters", nix.toString(nix.path("/a b/${c}/é")), "/a b/${c}/é"],
  ["raw name", letA(3, nix.raw("a")), 3],
  ["raw operator as argument", nix.call(f, nix.raw("1 + 2")), 3],
  ["raw in a list", [nix.raw("1 + 2"), nix.raw("[ 1 ]"), nix.raw('"x"')], [3, [1], "x"]],
  ["raw over lines", nix.raw("# note\n1 # one\n"), 1],
  ["raw as base", nix.get(nix.raw("{ a = 1; }"), "a"), 1],
  ["raw as lambda", nix.call(nix.raw("x: x + 1"), 1), 2],
  ["special names when asked for", nix.get(nix.attrs({ outPath: "x", y: 1 }), "y"), 1],
  ["global builtins", nix.call("builtins.length", nix.call("map", nix.id("toString"), [1, 2])), 2],
  ["prefixed builtins", nix.call(nix.id("__add"), 1, 2), 3],
  [
    "mirror of lib",
    nix.let({ lib: { mkForce: f, types: { listOf: f, str: "s" } } }, [lib.mkForce(1), lib.types.listOf(lib.types.str)]),
    [1, "s"],
  ],
];

const VARIANTS = (["pretty", "compact"] as const).flatMap((layout) =>
  (["min", "all"] as const).map((parens) => ({ layout, parens })),
);

describe("expressions", () => {
  itWith(["nix-instantiate"], `mean in Nix what they say: ${EXPRESSIONS.length} of them in every layout`, () => {
    for (const variant of VARIANTS) {
      const values = evaluateAll(EXPRESSIONS.map(([, value]) => print(toNix(value), variant)));
      EXPRESSIONS.forEach(([name, , expected], index) => {
        expect(values[index], `${name}, ${JSON.stringify(variant)}`).toEqual(expected);
      });
    }
  });
});
