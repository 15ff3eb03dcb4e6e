import { measured, type Sample } from "../measure";

/** `require` of packages in a fresh process, one after the other. Resolved at run time from the project, as in a user's program. */
export function startUp(packages: readonly string[]): Sample {
  return measured(() => {
    for (const name of packages) require(name);
  });
}
