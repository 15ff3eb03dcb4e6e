import { expect, it } from "vitest";
import { nearest } from "../lib/nearest";

it("a slip of the pen is answered with what was meant, the most alike first", () => {
  expect(nearest("NL-0144", ["NL-014", "NL-044", "NL-CILIUM-POOL"])).toEqual(["NL-014", "NL-044"]);
  expect(nearest("node-01", ["node-0", "node-1", "gateway"])).toEqual(["node-0", "node-1"]);
});

it("a word that is like nothing is answered with nothing", () => {
  expect(nearest("kubernetes", ["bbr", "wg0"])).toEqual([]);
  expect(nearest("", [])).toEqual([]);
});

it("equals come once, and ties in the order of the alphabet", () => {
  expect(nearest("b", ["b", "b"])).toEqual(["b"]);
  expect(nearest("node-x", ["node-b", "node-a"])).toEqual(["node-a", "node-b"]);
});
