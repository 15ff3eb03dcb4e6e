import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^netloom$/, replacement: source("./lib/index.ts") },
      { find: /^netloom\/features$/, replacement: source("./lib/features.ts") },
      { find: /^netloom\/(cilium|cloudlab|rdma)$/, replacement: source("./lib/constructs/$1/index.ts") },
      { find: /^netloom\/(nix-ts-builder|testing|tuning)$/, replacement: source("./lib/$1/index.ts") },
    ],
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
