import type { Bench } from "./bench";
import type { FleetSpec } from "./fleet";
import { medianSample, type Sample } from "./measure";

/** What one repetition of a line measured. */
export interface Measured {
  readonly subject: Sample;
  /** The least that any program must do for the same bytes. @default - the line is a difference or a ratio by itself */
  readonly floor?: Sample;
  /** What the line is compared with. @default - only with its floor */
  readonly reference?: Sample;
  /** Files that a repeated synthesis wrote. @default - not a repeated synthesis */
  readonly rewritten?: readonly string[];
}

/** One line of the table. */
export interface Line {
  readonly id: string;
  readonly title: string;
  /** What `reference` is. @default - there is none */
  readonly against?: string;
  /** How often it is repeated; the median counts. */
  readonly repetitions: number;
  measure(bench: Bench): Measured;
}

/** A line with the medians of its repetitions. */
export interface LineResult extends Measured {
  readonly id: string;
  readonly title: string;
  readonly against?: string;
  readonly repetitions: number;
}

/** All lines, repetition by repetition, so that what slows the machine for a while hits all of them. */
export function runLines(bench: Bench, lines: readonly Line[], progress: (text: string) => void): LineResult[] {
  const results = new Map<Line, Measured[]>(lines.map((line) => [line, []]));
  const most = Math.max(...lines.map((line) => line.repetitions));
  for (let repetition = 0; repetition < most; repetition++) {
    for (const [line, measured] of results) {
      if (repetition >= line.repetitions) continue;
      progress(`${repetition + 1}/${line.repetitions} ${line.title}`);
      measured.push(line.measure(bench));
    }
  }
  return [...results].map(([line, measured]) => summary(line, measured));
}

function summary(line: Line, measured: readonly Measured[]): LineResult {
  const { measure: _, ...head } = line;
  const all = (field: "subject" | "floor" | "reference") =>
    measured.flatMap((one) => (one[field] === undefined ? [] : [one[field]]));
  const optional = (samples: readonly Sample[]) => (samples.length === 0 ? undefined : medianSample(samples));
  return {
    ...head,
    subject: medianSample(all("subject")),
    floor: optional(all("floor")),
    reference: optional(all("reference")),
    rewritten: measured.at(-1)!.rewritten,
  };
}

/** Synthesizes a fleet into a new place, measures the floor of what was written, and clears up. */
export function withFloor(bench: Bench, place: string, spec: FleetSpec): Measured {
  const subject = bench.run(place, "synth", spec, true);
  const floor = bench.run(place, "floor", `${bench.place(place)}/cdktf.out`);
  bench.remove(place);
  return { subject, floor };
}
