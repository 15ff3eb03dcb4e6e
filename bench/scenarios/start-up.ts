import { measured, type Sample } from "../measure";

/**
 * `require` of packages in a fresh process, one after the other, and first use of the names that a stack imports.
 * Resolved at run time from the project, as in a user's program.
 */
export function startUp(packages: Readonly<Record<string, readonly string[]>>): Sample {
  return measured(() => {
    for (const [name, exports] of Object.entries(packages)) {
      const loaded = require(name) as Record<string, unknown>;
      for (const one of exports) if (loaded[one] === undefined) throw new Error(`${name} has no ${one}`);
    }
  });
}
