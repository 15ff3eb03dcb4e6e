/** What a step came to on one machine. */
export interface Outcome {
  readonly step: string;
  readonly machine: string;
  /** Empty where all is well. */
  readonly faults: readonly string[];
  readonly seconds: number;
}

/** Steps down, machines across, as Markdown; a cell counts what is wrong. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  const machines = [...new Set(outcomes.map(({ machine }) => machine))];
  const steps = [...new Set(outcomes.map(({ step }) => step))];
  const cell = (step: string, machine: string) => {
    const found = outcomes.find((outcome) => outcome.step === step && outcome.machine === machine);
    if (found === undefined) return "not run";
    return found.faults.length === 0 ? "ok" : `**${found.faults.length} wrong**`;
  };
  const lines = steps.map((step) => [step, ...machines.map((machine) => cell(step, machine))]);
  return [["step", ...machines], ["---", ...machines.map(() => "---")], ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
