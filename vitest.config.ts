import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Entry points of the package, by name, from source: as the type checker finds them. */
const { paths } = JSON.parse(readFileSync(source("tsconfig.check.json"), "utf8")).compilerOptions;

export default defineConfig({
  resolve: {
    alias: Object.entries<[string]>(paths).map(([name, [file]]) => ({
      find: new RegExp(`^${name}$`),
      replacement: source(file),
    })),
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"],
    // Most tests wait for programs that they start, so that one process for each core is not too many.
    maxWorkers: "100%",
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
