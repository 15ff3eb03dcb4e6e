import { randomBytes } from "node:crypto";

/**
 * Login shells print what their start-up files say, before our answer and after it. So the answer stands between two
 * lines that nothing prints by accident.
 */
export function newMarker(): string {
  return `netloom-${randomBytes(16).toString("hex")}`;
}

/** A script whose output stands between two lines with the marker, and which ends with the same status. */
export function framed(script: string, marker: string): string {
  return `echo ${marker}; echo ${marker} >&2; (\n${script}\n); s=$?; echo; echo ${marker}; exit $s`;
}

/** What a framed script printed. */
export interface Unframed {
  /** Its output, or all that there is if the script did not run. */
  readonly text: string;
  readonly hasBegun: boolean;
  readonly hasEnded: boolean;
}

export function unframed(output: string, marker: string): Unframed {
  const begin = output.indexOf(`${marker}\n`);
  if (begin === -1) return { text: output, hasBegun: false, hasEnded: false };
  const rest = output.slice(begin + marker.length + 1);
  const end = rest.lastIndexOf(`\n${marker}\n`);
  return { text: end === -1 ? rest : rest.slice(0, end), hasBegun: true, hasEnded: end !== -1 };
}

/** What stands behind the marker on standard error, where only the beginning is marked: the end may be ssh's own words. */
export function afterMarker(errors: string, marker: string): string {
  const begin = errors.indexOf(`${marker}\n`);
  return begin === -1 ? errors : errors.slice(begin + marker.length + 1);
}
