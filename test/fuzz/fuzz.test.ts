// The short form of `npm run long:fuzz`: a few inputs for each reader, and whether the reader would notice a wrong one.
import { describe, expect } from "vitest";
import { itWith, ROOT } from "../support/tools";
import { fuzz, notices } from "./target";
import { TARGETS } from "./targets";

const COUNT = 20;

describe.each(TARGETS.map((target) => [target.name, target] as const))("%s", (_name, target) => {
  const needs = [...target.tools, ...(target.needsRoot === true ? [ROOT] : [])];

  itWith(needs, "is read as it was meant", () => {
    const { accepted, wrong } = fuzz({ ...target, batch: COUNT, share: 1 }, COUNT, 1);
    expect(wrong).toEqual([]);
    expect(accepted).toBe(COUNT);
  });

  itWith(needs, "would not be taken for another input", () => {
    expect(notices(target, COUNT, 2)).toBe(true);
  });
});
