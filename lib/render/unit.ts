import type { UnitSection, UnitSettings } from "../host";
import { NUL } from "./shell";

/** The sections of a unit in the order in which they are written. Shared by both renderings. */
export function unitSections(unit: UnitSettings): readonly (readonly [string, UnitSection])[] {
  const wantedBy = unit.wantedBy ?? ["multi-user.target"];
  const sections: [string, UnitSection | undefined][] = [
    ["Unit", unit.unit],
    ["Service", unit.service],
    ["Timer", unit.timer],
    ["Install", wantedBy.length === 0 ? undefined : { WantedBy: wantedBy }],
  ];
  return sections.filter((entry): entry is [string, UnitSection] => entry[1] !== undefined);
}

/** Text of a unit file. Line ends inside values are refused by systemd, so they become blanks. */
export function renderUnit(unit: UnitSettings): string {
  return renderSections(unitSections(unit));
}

/** Text in systemd's INI dialect. */
export function renderSections(sections: readonly (readonly [string, UnitSection])[]): string {
  return sections.map(([name, section]) => `[${name}]\n${lines(section)}`).join("\n");
}

function lines(section: UnitSection): string {
  let text = "";
  for (const [key, value] of Object.entries(section)) {
    for (const item of Array.isArray(value) ? value : [value]) text += `${key}=${unitValue(item)}\n`;
  }
  return text;
}

function unitValue(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value).replace(/[\r\n]+/g, " ");
}

/**
 * A command line of a unit, whatever its words contain. systemd.service(5), "Command lines": specifiers begin with
 * `%`, variables with `$`, and both are doubled to be meant as they are; quoted words know the escapes of C.
 */
export function unitCommand(...words: readonly string[]): string {
  return words.map(unitWord).join(" ");
}

function unitWord(word: string): string {
  if (word.includes("\0")) throw NUL({ what: "a command line cannot hold a NUL byte", value: word });
  const plain = word.replace(/[%$]/g, "$&$&");
  if (/^[A-Za-z0-9_./:=@%$+,-]+$/.test(plain)) return plain;
  const escaped = plain.replace(/[\\"]/g, "\\$&").replace(/[\x01-\x1f\x7f]/g, (c) => `\\x${hex(c)}`);
  return `"${escaped}"`;
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, "0");
}
