import { AssertionError } from "node:assert";
import { nearest } from "../nearest";
import type { SynthResult } from "./synth";

/** The thing that assertions are about; its absence is itself a failed assertion, told with what is there instead. */
export function subjectOf<T>(result: SynthResult, kind: string, name: string, all: ReadonlyMap<string, T>): T {
  const found = all.get(name);
  if (found !== undefined) return found;
  const names = [...all.keys()].sort();
  const close = nearest(name, names);
  const lines = [`expected that the stack has ${kind} ${name}`];
  if (result.errors.length > 0) {
    lines.push("  but it has errors, so nothing was made:", ...result.errors.flatMap((e) => indented(e)));
  } else {
    lines.push(`  found:  ${names.join(", ") || "none"}`);
    if (close.length > 0) lines.push(`  near:   ${close.join(", ")}`);
  }
  throw new AssertionError({ message: lines.join("\n"), actual: names, expected: name, operator: "has" });
}

function indented(text: string): readonly string[] {
  return text.split("\n").map((line) => `    ${line}`);
}
