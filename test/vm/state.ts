/** What `state.sh` says about a machine: facts by section. */
export type State = ReadonlyMap<string, readonly string[]>;

export interface Difference {
  readonly section: string;
  /** `-`: it was there before; `+`: it is there now. */
  readonly sign: "-" | "+";
  readonly fact: string;
}

/** A difference that may stay, and why. */
export interface Explained {
  readonly section: string;
  /** The whole difference, `- fact` or `+ fact`. */
  readonly difference: RegExp;
  readonly reason: string;
}

/** Reads the output of `state.sh`. @throws if it is not complete: a short record would compare as equal. */
export function readState(text: string): State {
  const state = new Map<string, string[]>();
  let facts: string[] = [];
  for (const line of text.split("\n")) {
    const [, section] = /^== (.*)$/.exec(line) ?? [];
    if (section !== undefined) {
      facts = [];
      state.set(section, facts);
    } else if (line.trim() !== "") facts.push(line);
  }
  if (!state.has("end")) throw new Error(`the record of the machine is not complete:\n${text.slice(-500)}`);
  return state;
}

/** Which facts went and came, as often as they did. The order within a section counts where it means something. */
export function compareStates(before: State, after: State): Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((section) => {
    const [then, now] = [before.get(section) ?? [], after.get(section) ?? []];
    const gone = surplus(then, now).map((fact): Difference => ({ section, sign: "-", fact }));
    const come = surplus(now, then).map((fact): Difference => ({ section, sign: "+", fact }));
    return [...gone, ...come];
  });
}

/** The facts of `these` beyond those of `others`; a fact that is there twice counts twice. */
function surplus(these: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const fact of others) left.set(fact, (left.get(fact) ?? 0) + 1);
  return these.filter((fact) => {
    const count = left.get(fact) ?? 0;
    left.set(fact, count - 1);
    return count <= 0;
  });
}

export const tell = ({ section, sign, fact }: Difference) => `${section}: ${sign} ${fact}`;

/** The differences that nothing explains, and the explanations that were used. */
export function judge(
  differences: readonly Difference[],
  explained: readonly Explained[],
): { readonly unexplained: Difference[]; readonly used: Explained[] } {
  const explanation = ({ section, sign, fact }: Difference) =>
    explained.find((each) => each.section === section && each.difference.test(`${sign} ${fact}`));
  return {
    unexplained: differences.filter((difference) => explanation(difference) === undefined),
    used: explained.filter((each) => differences.some((difference) => explanation(difference) === each)),
  };
}

/** Explanations as Markdown, each once. */
export function explainedList(explained: readonly Explained[]): string {
  return [...new Set(explained.map(({ section, reason }) => `* ${section}: ${reason}`))].sort().join("\n");
}
