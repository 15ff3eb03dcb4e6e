import { describe, expect, it } from "vitest";
import { at, failAll, formatProblem, located, type NetloomError } from "../lib/errors";

const problem = { code: "NL-X", what: "it is wrong" };

describe("a problem as text", () => {
  it("has a line for each fact that is known", () => {
    expect(
      formatProblem({
        ...problem,
        path: "lab/a",
        others: ["lab/b"],
        value: { mtu: 1 },
        allowed: "1500",
        remedy: "mtu: 1500",
      }),
    ).toBe(
      [
        "NL-X: it is wrong",
        "  at:      lab/a and lab/b",
        '  value:   {"mtu":1}',
        "  allowed: 1500",
        "  fix:     mtu: 1500",
      ].join("\n"),
    );
    expect(formatProblem(problem)).toBe("NL-X: it is wrong");
  });

  it("shows values that JSON cannot, and only the beginning of long ones", () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    expect(formatProblem({ ...problem, value: 5n })).toContain("value:   5");
    expect(formatProblem({ ...problem, value: loop })).toContain("value:   [object Object]");
    expect(formatProblem({ ...problem, value: "x".repeat(999) }).length).toBeLessThan(250);
  });
});

describe("problems that are thrown", () => {
  it("are all in one error", () => {
    expect(() => failAll([problem, { ...problem, code: "NL-Y" }])).toThrow("NL-X: it is wrong\nNL-Y: it is wrong");
    expect(() => failAll([])).not.toThrow();
  });

  it("get the path of the construct where they have none", () => {
    const paths = (run: () => void) => {
      try {
        run();
      } catch (error) {
        return (error as NetloomError).problems.map((p) => p.path);
      }
      return [];
    };
    expect(paths(() => at("lab/a", () => failAll([problem])))).toEqual(["lab/a"]);
    expect(paths(() => at("lab/a", () => failAll([{ ...problem, path: "lab/b" }])))).toEqual(["lab/b"]);
  });

  it("leave other errors as they are", () => {
    const bug = new TypeError("x");
    expect(() =>
      at("lab/a", () => {
        throw bug;
      }),
    ).toThrow(bug);
    expect(located("lab/a", bug)).toMatchObject({ message: "[lab/a] x", cause: bug });
    expect(located("lab/a", "text").message).toBe("[lab/a] text");
  });
});
