import { describe, expect, it } from "vitest";
import { freeVariables, nix, type NixNode, type NixValue, print, toNix } from "../../lib/nix-ts-builder";
import { itWith } from "../support/tools";
import { parseText } from "./support/nix";

/** Deeper than any recursion of JavaScript goes; in CI ten times so. */
const DEPTH = process.env["CI"] ? 100_000 : 20_000;

/** `wrap` around a leaf, `depth` times. */
function nest(depth: number, wrap: (inner: NixNode) => NixNode, leaf: NixNode = nix.int(1)): NixNode {
  let node = leaf;
  for (let level = 0; level < depth; level++) node = wrap(node);
  return node;
}

const a = nix.id("a");

const SHAPES: Readonly<Record<string, (inner: NixNode) => NixNode>> = {
  lists: (inner) => nix.list([inner]),
  "lists of two": (inner) => nix.list([1, inner]),
  sets: (inner) => nix.attrs({ a: inner }),
  "sets with long paths": (inner) => nix.attrs([nix.bind(["a", "b"], inner), nix.bind(["a", "c"], 1)]),
  "recursive sets": (inner) => nix.attrs({ a: inner }, { rec: true }),
  "computed names": (inner) => nix.attrs([nix.bind([inner], 1)]),
  "inherited sets": (inner) => nix.attrs([nix.inherit(["a"], inner)]),
  selects: (inner) => nix.get(inner, "a"),
  "computed selects": (inner) => nix.get(a, inner),
  "selects with defaults": (inner) => nix.getOr(a, "b", inner),
  "has-attribute tests": (inner) => nix.has(inner, "a"),
  arguments: (inner) => nix.call(a, inner),
  "arguments of two": (inner) => nix.call(a, [1, 2], inner),
  functions: (inner) => nix.call(inner, a),
  lambdas: (inner) => nix.fn("x", inner),
  "lambdas with patterns": (inner) => nix.fn({ args: ["x"] }, inner),
  "defaults of lambdas": (inner) => nix.fn({ args: { x: inner } }, 1),
  lets: (inner) => nix.let({ x: 1 }, inner),
  "values of lets": (inner) => nix.let({ x: inner }, 1),
  withs: (inner) => nix.with(a, inner),
  "scopes of withs": (inner) => nix.with(inner, 1),
  ifs: (inner) => nix.if(a, 1, inner),
  conditions: (inner) => nix.if(inner, 1, 2),
  asserts: (inner) => nix.assert(a, inner),
  negations: (inner) => nix.neg(inner),
  "left operands": (inner) => nix.op("+", inner, 1),
  "right operands": (inner) => nix.op("+", 1, inner),
  updates: (inner) => nix.op("//", {}, inner),
  comparisons: (inner) => nix.op("<", inner, 1),
  strings: (inner) => nix.str`a${inner}b`,
};

describe("deep trees", () => {
  it.each(Object.entries(SHAPES))("prints %s nested very deep", (_, wrap) => {
    const tree = nest(DEPTH, wrap);
    for (const layout of ["pretty", "compact"] as const) {
      const text = print(tree, { layout, scope: ["a"] });
      expect(text.length).toBeGreaterThan(2 * DEPTH);
      // Indentation stops growing, so the text stays linear in the depth.
      expect(text.length).toBeLessThan(2000 * DEPTH);
    }
    expect(print(tree, { layout: "compact", parens: "all", scope: ["a"] }).length).toBeGreaterThan(2 * DEPTH);
  });

  it("converts data nested very deep, and finds a fault at its bottom", () => {
    let data: NixValue = [];
    let broken: unknown = Number.NaN;
    for (let level = 0; level < DEPTH; level++) {
      data = level % 2 === 0 ? [data] : { a: data };
      broken = [broken];
    }
    expect(print(toNix(data), { layout: "compact" }).length).toBeGreaterThan(DEPTH);
    expect(() => toNix(broken as NixValue)).toThrow(/NaN/);
  });

  it("finds a free variable at the bottom", () => {
    const tree = nest(DEPTH, (inner) => nix.list([inner]), nix.id("nobody"));
    expect([...freeVariables(tree).keys()]).toEqual(["nobody"]);
    expect(() => print(tree)).toThrow(/nobody/);
  });

  it("writes sets and lists of 200,000 members", () => {
    const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`n${index}`, { a: [index] }]));
    const text = print(toNix([wide, Object.keys(wide)]));
    expect(text.split("\n").length).toBeGreaterThan(600_000);
  });

  it("writes a part that is used many times as often as it is used", () => {
    const shared = toNix({ a: 1 });
    expect(print(nix.list([shared, shared]), { layout: "compact" })).toBe("[ { a = 1; } { a = 1; } ]\n");
  });

  // Nix 2.8 itself gives up at 4,998 nested lists and 2,496 nested sets.
  itWith(["nix-instantiate"], "is read by Nix as deep as Nix can read", () => {
    for (const layout of ["pretty", "compact"] as const) {
      expect(parseText(print(nest(4_900, SHAPES["lists"]!), { layout }))).toBeDefined();
      expect(parseText(print(nest(2_400, SHAPES["sets"]!), { layout }))).toBeDefined();
    }
  });
});
