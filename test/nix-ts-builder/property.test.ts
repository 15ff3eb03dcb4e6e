import { isDeepStrictEqual } from "node:util";
import { describe } from "vitest";
import { nix, type NixNode, type NixValue, print, toNix } from "../../lib/nix-ts-builder";
import { itWith } from "../support/tools";
import { anyTree, exactValue, float } from "./support/arbitraries";
import { checkInBatches } from "./support/batches";
import { evaluateAll, parseText } from "./support/nix";
import { evaluableTree } from "./support/typed-trees";

/** Milliseconds: a minute on a quiet machine of two cores, more on a busy one. */
const TIMEOUT = 600_000;

const SEPARATOR = "\u0000";

/** What JSON text a value must have when Nix reads it back: integers with all digits, Maps as sets. */
function jsonOf(value: NixValue | undefined): string {
  return JSON.stringify(value, (_, part) => {
    if (typeof part === "bigint") return `int:${part}`;
    return part instanceof Map ? Object.fromEntries(part) : part;
  });
}

/** All four ways to print a tree, as one text that the judge takes apart again. */
function variants(node: NixNode, scope: readonly string[]): string {
  return (["pretty", "compact"] as const)
    .flatMap((layout) => (["min", "all"] as const).map((parens) => print(node, { layout, parens, scope })))
    .join(SEPARATOR);
}

describe("against real Nix", () => {
  itWith(
    ["nix-instantiate"],
    "random data means itself",
    () => {
      // The model travels with the text, since a batch knows texts only.
      const toText = (value: NixValue) => `${print(toNix(value))}${SEPARATOR}${jsonOf(value)}`;
      checkInBatches("values", exactValue, toText, (texts) => {
        const pairs = texts.map((text) => text.split(SEPARATOR) as [string, string]);
        const values = evaluateAll(
          pairs.map(
            ([text]) =>
              `let s = v: if builtins.isInt v then "int:" + toString v else if builtins.isList v then map s v else if builtins.isAttrs v then builtins.mapAttrs (_: s) v else v; in s (${text})`,
          ),
        );
        return pairs.map(([, json], index) => isDeepStrictEqual(values[index], withTaggedInts(JSON.parse(json))));
      });
    },
    TIMEOUT,
  );

  itWith(
    ["nix-instantiate"],
    "random floats are read to the last bit",
    () => {
      const toText = (value: number) => `(${print(nix.float(value))}) == builtins.fromJSON "${value.toExponential()}"`;
      checkInBatches("floats", float, toText, (texts) => evaluateAll(texts).map((answer) => answer === true));
    },
    TIMEOUT,
  );

  itWith(
    ["nix-instantiate"],
    "random trees parse the same with few and all parentheses, pretty and compact",
    () => {
      checkInBatches("trees", anyTree, (node) => variants(node, ["a", "b", "c", "f", "lib"]), judgeParse);
    },
    TIMEOUT,
  );

  itWith(
    ["nix-instantiate"],
    "random programs evaluate the same with few and all parentheses, pretty and compact",
    () => {
      checkInBatches(
        "programs",
        evaluableTree,
        (node) => variants(node, []),
        (texts) => {
          const all = texts.map((text) => text.split(SEPARATOR));
          const results = [0, 1, 2, 3].map((variant) => evaluateAll(all.map((four) => four[variant]!)));
          return all.map((_, index) => results.every((result) => isDeepStrictEqual(result[index], results[3]![index])));
        },
      );
    },
    TIMEOUT,
  );
});

function withTaggedInts(value: unknown): unknown {
  if (typeof value === "number") return `int:${value}`;
  if (Array.isArray(value)) return value.map(withTaggedInts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withTaggedInts(part)]));
}

/** One list of all trees for each variant; on disagreement the batch is refused, so that it is split. */
function judgeParse(texts: readonly string[]): readonly boolean[] {
  const all = texts.map((text) => text.split(SEPARATOR));
  const parsed = [0, 1, 2, 3].map((variant) => {
    const items = all.map((four) => `(\n${four[variant]}\n)`).join("\n");
    return parseText(`{ a, b, c, f, lib }: [\n${items}\n]`);
  });
  if (parsed[0] === undefined || parsed.some((text) => text !== parsed[0])) throw new Error("differ");
  return texts.map(() => true);
}
