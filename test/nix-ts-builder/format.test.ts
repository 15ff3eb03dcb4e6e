import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lib, nix, type NixNode, print, toNix } from "../../lib/nix-ts-builder";
import { parse } from "./support/parse";

/** Random modules that nixfmt 1.4.0 left as they are when this printer wrote them. */
const GOLDENS = JSON.parse(readFileSync(new URL("./goldens/nixfmt-1.4.0.json", import.meta.url), "utf8")) as string[];

const compact = (node: NixNode) => print(node, { layout: "compact", scope: "any" }).trimEnd();
const pretty = (node: NixNode) => print(node, { scope: "any" });

describe("layout", () => {
  it.each(GOLDENS.map((text, index) => [index, text] as const))("keeps what nixfmt keeps: module %i", (_, text) => {
    expect(pretty(parse(text).node)).toBe(text);
  });

  it("prints comments above, behind and apart, each line with a mark of its own", () => {
    const node = nix.attrs([
      nix.bind("a", 1, { comment: "first\r\nsecond\rthird\n\n", remark: "behind\nit" }),
      nix.bind("b", { c: 2 }, { gap: true, comment: "", remark: "set" }),
      nix.inherit(["d"], nix.id("e"), { comment: "inherited" }),
    ]);
    expect(pretty(node)).toBe(
      "{\n  # first\n  # second\n  # third\n  #\n  #\n  a = 1; # behind it\n\n  #\n  b = {\n    c = 2;\n  }; # set\n  # inherited\n  inherit (e) d;\n}\n",
    );
    expect(compact(node)).toBe("{ a = 1; b = { c = 2; }; inherit (e) d; }");
  });

  it("puts a header above everything, and ends with one newline", () => {
    expect(print(toNix(1), { header: "one\ntwo" })).toBe("# one\n# two\n1\n");
    expect(print(toNix({}), { header: "x", layout: "compact" })).toBe("{ }\n");
  });

  it("writes few parentheses, or all", () => {
    const node = nix.op("+", nix.op("*", 1, nix.op("+", 2, 3)), nix.call("f", -1, nix.get(nix.id("a"), "b")));
    expect(compact(node)).toBe("1 * (2 + 3) + f (-1) a.b");
    expect(print(node, { layout: "compact", parens: "all", scope: "any" })).toBe(
      "((1) * ((2) + (3))) + ((f) (-1) ((a).b))\n",
    );
  });

  it("breaks lines at the width that is asked for", () => {
    const node = nix.attrs({ a: lib.mkIf(nix.op("&&", nix.id("one"), nix.id("two")), nix.id("three")) });
    expect(print(node, { scope: "any", width: 30 })).toBe("{\n  a = lib.mkIf (\n    one && two\n  ) three;\n}\n");
  });

  it("folds option paths, sorts them, and keeps comments", () => {
    const node = nix.nested([
      nix.bind(["z"], 1),
      nix.bind(["a", "b", "c.d"], 2, { comment: "two" }),
      nix.bind(["a", "b", "x"], 3),
      nix.bind(["a", "one", "two"], 4, { remark: "four" }),
    ]);
    expect(pretty(node)).toBe(
      '{\n  a = {\n    b = {\n      # two\n      "c.d" = 2;\n      x = 3;\n    };\n    one.two = 4; # four\n  };\n  z = 1;\n}\n',
    );
  });

  it("sorts names where that is asked for", () => {
    expect(compact(toNix({ b: 1, a: { d: 1, c: 2 } }, { sortNames: true }))).toBe("{ a = { c = 2; d = 1; }; b = 1; }");
    expect(compact(toNix({ b: 1, a: 2 }))).toBe("{ b = 1; a = 2; }");
  });

  it("gives the same bytes each time, and nodes that cannot be changed", () => {
    const node = toNix({ a: [1, "x"], b: { c: null } });
    expect(pretty(node)).toBe(pretty(node));
    expect(Object.isFrozen(node)).toBe(true);
    expect(node.kind === "attrs" && Object.isFrozen(node.bindings) && Object.isFrozen(node.bindings[0])).toBe(true);
  });
});
