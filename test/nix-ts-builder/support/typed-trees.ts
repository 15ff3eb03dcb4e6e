import * as fc from "fast-check";
import { nix, type NixNode, toNix } from "../../../lib/nix-ts-builder";
import { nastyText } from "./arbitraries";

interface Ties {
  int: NixNode;
  bool: NixNode;
  text: NixNode;
  list: NixNode;
  set: NixNode;
}

const label = fc.constantFrom("a", "b", "x y", "or");

/** Expressions that evaluate without error, of a known type each, so that real Nix can say what they mean. */
export const evaluableTree: fc.Arbitrary<NixNode> = fc.letrec<Ties>((tie: fc.LetrecTypedTie<Ties>) => {
  const int: fc.Arbitrary<NixNode> = tie("int");
  const bool: fc.Arbitrary<NixNode> = tie("bool");
  const text: fc.Arbitrary<NixNode> = tie("text");
  const list: fc.Arbitrary<NixNode> = tie("list");
  const set: fc.Arbitrary<NixNode> = tie("set");
  const around = (value: fc.Arbitrary<NixNode>): fc.Arbitrary<NixNode>[] => [
    fc.tuple(bool, value, value).map(([c, t, e]) => nix.if(c, t, e)),
    fc.tuple(int, value).map(([bound, body]) => nix.let({ v: bound }, body)),
    fc.tuple(set, value).map(([scope, body]) => nix.with(scope, body)),
    value.map((body) => nix.assert(true, body)),
    fc.tuple(value, int).map(([body, arg]) => nix.call(nix.fn("x", body), arg)),
    value.map((body) => nix.call(nix.fn({ args: { p: undefined, q: 1 }, open: true }, body), { p: 1, z: 2 })),
    fc.tuple(label, value).map(([name, inner]) => nix.get(nix.attrs([nix.bind(name, inner)]), name)),
    fc.tuple(set, value).map(([base, fallback]) => nix.getOr(base, ["absent", "b"], fallback)),
  ];
  const options = { maxDepth: 3, withCrossShrink: true } as const;
  const often = (arbitrary: fc.Arbitrary<NixNode>) => ({ weight: 12, arbitrary });
  return {
    int: fc.oneof(
      options,
      often(fc.integer({ min: -1000, max: 1000 }).map((value) => toNix(value))),
      fc.tuple(fc.constantFrom("+", "-", "*" as const), int, int).map(([op, l, r]) => nix.op(op, l, r)),
      int.map(nix.neg),
      fc.tuple(int, int).map(([l, r]) => nix.op("/", l, nix.op("+", nix.op("*", r, r), 1))),
      list.map((items) => nix.call("builtins.length", items)),
      ...around(int),
    ),
    bool: fc.oneof(
      options,
      often(fc.boolean().map((value) => toNix(value))),
      fc
        .tuple(fc.constantFrom("&&", "||", "->", "==", "!=" as const), bool, bool)
        .map(([op, l, r]) => nix.op(op, l, r)),
      fc.tuple(fc.constantFrom("<", "<=", ">", ">=" as const), int, int).map(([op, l, r]) => nix.op(op, l, r)),
      bool.map(nix.not),
      fc.tuple(set, label).map(([base, name]) => nix.has(base, name, "b")),
      ...around(bool),
    ),
    text: fc.oneof(
      options,
      often(nastyText.map((value) => toNix(value))),
      fc.tuple(nastyText, text, nastyText).map(([a, inner, b]) => nix.lines`${a}${inner}${b}`),
      fc.tuple(nastyText, int).map(([a, inner]) => nix.str`${a}$${nix.toString(inner)}`),
      fc.tuple(text, text).map(([l, r]) => nix.op("+", l, r)),
      ...around(text),
    ),
    list: fc.oneof(
      options,
      fc.array(fc.oneof(int, text, bool), { maxLength: 3 }).map(nix.list),
      fc.tuple(list, list).map(([l, r]) => nix.op("++", l, r)),
      ...around(list),
    ),
    set: fc.oneof(
      options,
      fc
        .dictionary(label, fc.oneof(int, text, list), { maxKeys: 3, noNullPrototype: false })
        .map((data) => nix.attrs(data)),
      fc
        .tuple(text, int)
        .map(([t, i]) =>
          nix.attrs([
            nix.bind(["a", "b"], t, { comment: "why" }),
            nix.bind(["a", "c"], i),
            nix.bind([nix.str`${toNix("k")}`], i),
          ]),
        ),
      fc.tuple(set, set).map(([l, r]) => nix.op("//", l, r)),
      ...around(set),
    ),
  };
}).set;
