import type { UnitSection, UnitSettings } from "../host";

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
  return Object.entries(section)
    .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((item) => `${key}=${unitValue(item)}\n`))
    .join("");
}

function unitValue(value: string | number | boolean): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value).replace(/[\r\n]+/g, " ");
}
