import * as fc from "fast-check";
import { type Binding, nix, type NixNode, type NixValue, toNix } from "../../../lib/nix-ts-builder";

const PIECES =
  "$ ${ } ''  ' \\ \n \t \r x a.b # /* */ \" $$ \\n ''${ '' ''\\ é 🦄 \u2028 \u0001 \ufeff ~ < > ; = null -1 / ./x : @".split(
    / (?! )/,
  );

/** Text that is hard to quote: every character and sequence that some kind of Nix string treats in its own way. */
export const nastyText: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...PIECES, " ", "\n", "\n  "), { maxLength: 8 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll("\0", "")),
  fc
    .array(
      fc.constantFrom("set -eu", "  echo ${x}", "", "\ttab", "if a; then", "'quoted' \"$PATH\"", "''", "$(date)", " x"),
      { minLength: 2, maxLength: 6 },
    )
    .map((lines) => `${lines.join("\n")}\n`),
);

const SPECIAL = ["_type", "outPath", "__toString", "__functor"];

/** Attribute names: plain, keywords, numbers, with dots, and anything else. */
export const name: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(
      "a",
      "b",
      "enable",
      "net.core.rmem_max",
      "or",
      "let",
      "rec",
      "true",
      "null",
      "a-b",
      "a'",
      "-a",
      "1a",
      "",
      "__proto__",
      "_",
    ),
    nastyText,
  )
  .filter((text) => !SPECIAL.includes(text));

/** Integers of 64 bits: small, safe and beyond what a number holds. */
const integer = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));

/** Plain data whose JSON text Nix 2.8 gives back exactly, that is, without floats. */
export const exactValue: fc.Arbitrary<NixValue> = fc.letrec<{ value: NixValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), integer, nastyText),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: false }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
  ),
})).value;

/** Floats that Nix reads: no subnormals. */
export const float: fc.Arbitrary<number> = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (Math.abs(value) < 2.2250738585072014e-308 ? 0 : value));

type Ties = { any: NixNode };

const variable = fc.constantFrom("a", "b", "c", "f", "lib");
const attribute = fc.constantFrom("a", "b", "x y", "or", "net.core", "enable");
const binary = fc.constantFrom(
  "++",
  "*",
  "/",
  "+",
  "-",
  "//",
  "<",
  "<=",
  ">",
  ">=",
  "==",
  "!=",
  "&&",
  "||",
  "->" as const,
);

const leaf: fc.Arbitrary<NixNode> = fc.oneof(
  fc.oneof(fc.constant(null), fc.boolean(), integer).map((value) => toNix(value)),
  // Quoted only: `--parse` shows the pieces of an indented string apart. What those mean is checked by evaluation.
  nastyText.map((text) => nix.str(text)),
  float.map(nix.float),
  variable.map(nix.id),
  fc.constantFrom("./x", "../a/b.nix", "/etc/a", "<nixpkgs/lib>", "/a b").map(nix.path),
  fc
    .constantFrom(
      "a",
      "f a",
      "(f)",
      "{ x = 1; }",
      "if true then 1 else 2",
      "x: x",
      '"${a}"',
      "- 1",
      "a.b or c",
      "# c\n1",
    )
    .map(nix.raw),
);

/** A step of an attribute path: mostly a name. */
const step = (tie: (key: "any") => fc.Arbitrary<NixNode>): fc.Arbitrary<string | NixNode> =>
  fc.oneof({ weight: 6, arbitrary: attribute }, { weight: 1, arbitrary: tie("any") });

function uniqueBindings(tie: (key: "any") => fc.Arbitrary<NixNode>): fc.Arbitrary<Binding[]> {
  const path = fc.tuple(fc.array(attribute, { maxLength: 2 }), fc.option(tie("any"), { nil: undefined, freq: 6 }));
  const notes = fc.record({ comment: nastyText, remark: nastyText, gap: fc.boolean() }, { requiredKeys: [] });
  const tail = fc.tuple(path, tie("any"), notes, fc.integer({ min: 0, max: 9 }));
  return fc.array(tail, { maxLength: 3 }).map((list) =>
    list.map(([[names, computed], value, annotations, kind], index): Binding => {
      // The first name tells bindings apart, so that nothing is defined twice.
      const first = `n${index}`;
      if (kind === 0) return nix.inherit([first, "x y"].slice(0, index === 0 ? 2 : 1), value, annotations);
      return nix.bind([first, ...names, ...(computed === undefined ? [] : [computed])], value, annotations);
    }),
  );
}

/** Any expression that parses; variables are a, b, c, f and lib. */
export const anyTree: fc.Arbitrary<NixNode> = fc.letrec<Ties>((tie) => {
  const any = tie("any");
  const few = fc.array(any, { minLength: 1, maxLength: 3 });
  const steps = fc.array(step(tie), { minLength: 1, maxLength: 3 });
  return {
    any: fc.oneof(
      { maxDepth: 4, depthSize: "small", withCrossShrink: true },
      { weight: 3, arbitrary: leaf },
      { weight: 2, arbitrary: fc.tuple(binary, any, any).map(([op, l, r]) => nix.op(op, l, r)) },
      { weight: 2, arbitrary: fc.tuple(any, few).map(([f, args]) => nix.call(f, args[0]!, ...args.slice(1))) },
      { weight: 2, arbitrary: fc.tuple(any, steps).map(([base, path]) => nix.get(base, ...path)) },
      fc.tuple(any, steps, any).map(([base, path, fallback]) => nix.getOr(base, path, fallback)),
      fc.tuple(any, steps).map(([base, path]) => nix.has(base, ...path)),
      few.map(nix.list),
      fc.tuple(uniqueBindings(tie), fc.boolean()).map(([list, rec]) => nix.attrs(list, { rec })),
      any.map(nix.not),
      any.map(nix.neg),
      fc.tuple(any, any, any).map(([c, t, e]) => nix.if(c, t, e)),
      fc.tuple(any, any).map(([c, b]) => nix.assert(c, b)),
      fc.tuple(any, any).map(([s, b]) => nix.with(s, b)),
      fc
        .tuple(
          uniqueBindings(tie).map((list) =>
            list.filter((one) => one.kind === "inherit" || typeof one.path[0] === "string"),
          ),
          any,
        )
        .map(([list, body]) => nix.let(list, body)),
      fc.tuple(variable, any).map(([parameter, body]) => nix.fn(parameter, body)),
      fc
        .tuple(fc.uniqueArray(variable, { maxLength: 3 }), fc.option(any, { nil: undefined }), fc.boolean(), any)
        .map(([args, fallback, open, body]) =>
          nix.fn(
            { args: Object.fromEntries(args.map((arg) => [arg, fallback])), open, ...(open && { alias: "all" }) },
            body,
          ),
        ),
      fc.tuple(nastyText, any, nastyText, any).map(([t1, e1, t2, e2]) => nix.str`${t1}${e1}${t2}${e2}`),
    ),
  };
}).any;
