import * as fc from "fast-check";

/** How many different cases a property runs: all of them where nothing waits for it, a tenth while somebody does. */
export const CASES = process.env["CI"] ? 20_000 : 2_000;

/** The seed of this run; give one in FC_SEED to repeat a run. It is printed with every run. */
export const SEED = Number(process.env["FC_SEED"] ?? Date.now() % 2_147_483_647);

/** Drawn for each case that runs: small values come up again and again, and one that is known proves nothing. */
const DRAWS = 2 * CASES;

const BATCH = 500;

/**
 * Checks `CASES` random cases against a judge that takes many at once, because starting Nix costs more than a case. When one
 * fails, the property runs over the same cases again with the verdicts that are known, so that the failing one shrinks.
 *
 * `judge` answers for each text whether it is right; it throws when the whole batch fails, which is then split.
 */
export function checkInBatches<T>(
  what: string,
  arbitrary: fc.Arbitrary<T>,
  toText: (value: T) => string,
  judge: (texts: readonly string[]) => readonly boolean[],
): void {
  const verdicts = new Map<string, boolean>();
  const failing = (): string | undefined => [...verdicts.keys()].find((text) => !verdicts.get(text));
  const texts = [...new Set(fc.sample(arbitrary, { seed: SEED, numRuns: DRAWS }).map(toText))].slice(0, CASES);
  console.info(`${what}: ${texts.length} cases, FC_SEED=${SEED}`);
  for (let start = 0; start < texts.length && failing() === undefined; start += BATCH) {
    settle(texts.slice(start, start + BATCH), judge, verdicts);
  }
  const wrong = failing();
  if (wrong === undefined) return;
  const holds = (value: T): boolean => {
    const text = toText(value);
    if (!verdicts.has(text)) settle([text], judge, verdicts);
    return verdicts.get(text) === true;
  };
  fc.assert(fc.property(arbitrary, holds), { seed: SEED, numRuns: DRAWS });
  throw new Error(`Nix reads this differently: ${wrong}`);
}

function settle(
  texts: readonly string[],
  judge: (texts: readonly string[]) => readonly boolean[],
  verdicts: Map<string, boolean>,
): void {
  let answers: readonly boolean[];
  try {
    answers = judge(texts);
  } catch {
    if (texts.length > 1) {
      const half = texts.length >> 1;
      settle(texts.slice(0, half), judge, verdicts);
      // One failure is enough: the property shrinks it.
      if (texts.slice(0, half).every((text) => verdicts.get(text))) settle(texts.slice(half), judge, verdicts);
      return;
    }
    answers = [false];
  }
  texts.forEach((text, index) => {
    verdicts.set(text, answers[index] === true);
  });
}
