import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { matrixData } from "../../../lib/constructs/cilium/data";
import { FIXTURES, HELM_CONTROLLER, itWithFixtures } from "./support";

const SHIPPED = join(__dirname, "../../../lib/constructs/cilium/data");

itWithFixtures("what is shipped is what the script makes of the published data", () => {
  const output = mkdtempSync(join(tmpdir(), "netloom-cilium-data-"));
  try {
    const script = join(__dirname, "../../../scripts/cilium-data.mjs");
    execFileSync(process.execPath, [script, join(FIXTURES, ".."), HELM_CONTROLLER, output]);
    expect(readdirSync(output).sort()).toEqual(readdirSync(SHIPPED).sort());
    for (const name of readdirSync(SHIPPED)) {
      expect(readFileSync(join(output, name), "utf8") === readFileSync(join(SHIPPED, name), "utf8"), name).toBe(true);
    }
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
});

it("every table of the matrix is read by something", () => {
  const folder = join(__dirname, "../../../lib/constructs/cilium");
  const readers = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && name !== "data.ts")
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .filter((text) => text.includes("matrixData()"))
    .join("\n");
  expect(readers).toContain("matrixData().rules");
  expect(Object.keys(matrixData()).filter((table) => !new RegExp(`\\b${table}\\b`).test(readers))).toEqual([]);
});

it("the data is small: under 200 KB", () => {
  const sizes = readdirSync(SHIPPED).map((name) => readFileSync(join(SHIPPED, name)).length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(200_000);
});
