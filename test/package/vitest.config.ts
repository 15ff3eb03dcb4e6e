import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Slow: everything here works on the packed package, as a stranger would install it. Nothing is read from `lib/`. */
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["test/package/**/*.spec.ts"],
    globalSetup: ["test/package/pack.ts"],
    // Processes are started all the time; workers that are processes themselves were seen to hang at their end.
    pool: "threads",
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
