import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

it("a stack without Cilium loads neither ajv nor the YAML library nor Cilium's data", () => {
  const script = `
    require("tsx/cjs");
    require(${JSON.stringify(join(__dirname, "../../../lib/index.ts"))});
    const heavy = Object.keys(require.cache).filter((path) => /node_modules\\/(ajv|yaml)\\/|constructs\\/cilium\\/data\\/.*json/.test(path));
    process.stdout.write(JSON.stringify(heavy));
  `;
  const heavy = execFileSync(process.execPath, ["-e", script], { cwd: join(__dirname, "../../.."), encoding: "utf8" });
  expect(JSON.parse(heavy)).toEqual([]);
});
