import { NetloomError, type Problem } from "../../errors";

/** Runs `build`; what it refuses is added to `problems`, so that all mistakes of a file are told at once. */
export function collect<T>(problems: Problem[], build: () => T): T | undefined {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof NetloomError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
