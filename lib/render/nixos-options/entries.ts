import type { OptionEntry } from "../../nix-ts-builder";

/** What systemd reads as yes or no, as NixOS passes it on. */
export const SWITCH = 'bool or "yes" or "no"';

/** What NixOS writes into a systemd file as it is: one value, or a list for a key that may be repeated. */
const ATOM = "bool or int or float or string or path or package";
export const UNIT_VALUE = `${ATOM} or list of (${ATOM})`;

/** From when on, or until when, and what else to do. */
type Span = Pick<OptionEntry, "since" | "until" | "remedy">;

/** Several options of one type below one path; names are separated by blanks. */
export function options(prefix: string, type: string, names: string, span: Span = {}): OptionEntry[] {
  return names.split(" ").map((name) => ({ path: prefix === "" ? name : `${prefix}.${name}`, type, ...span }));
}

/** One option. */
export function option(path: string, type: string, span: Span = {}): OptionEntry {
  return { path, type, ...span };
}

/** A set that holds nothing but the options named below it. */
export function section(path: string): OptionEntry {
  return { path, type: "section" };
}

/** A list of sets that hold nothing but the options named below it. */
export function sections(path: string): OptionEntry {
  return { path, type: "sections" };
}

/** An option that guides name and no release has. */
export function absent(path: string, remedy: string): OptionEntry {
  return { path, type: "absent", remedy };
}
