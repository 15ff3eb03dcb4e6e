import { defineProblem } from "../../errors";
import { defineKind } from "./kind";
import { BREAKS_LINE, NAME_LENGTH } from "./words";

const UNIT_LINE = defineProblem("NL-UNIT", "A line of a unit is one line that systemd reads");
const BAD_UNIT_NAME = defineProblem("NL-UNIT-NAME", "A unit has a name that systemd takes");
const UNIT_SPECIFIER = defineProblem("NL-UNIT-SPECIFIER", "Units have only specifiers that systemd knows");

/** A systemd unit, section by section. Repeated keys are written as lists. */
export interface UnitSettings {
  /** `[Unit]`. @default - empty */
  readonly unit?: UnitSection;
  /** `[Service]`. @default - absent */
  readonly service?: UnitSection;
  /** `[Timer]`. @default - absent */
  readonly timer?: UnitSection;
  /** `[Install] WantedBy=`. @default ["multi-user.target"] */
  readonly wantedBy?: readonly string[];
  /** Nix attribute paths below `pkgs` whose programs the unit calls. @default - none */
  readonly path?: readonly string[];
}

/** Keys of one section of a unit; a list repeats its key. */
export type UnitSection = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export const UNIT = defineKind({
  noun: "unit",
  record({ origin }, name: string, settings: UnitSettings) {
    assertUnitName(origin, name);
    const { unit, service, timer, wantedBy = [] } = settings;
    assertWantedBy(origin, wantedBy);
    assertUnitSections(origin, { "[Unit]": unit, "[Service]": service, "[Timer]": timer });
    return [[name, settings]];
  },
  effect: () => "service restart",
});

const UNIT_NAME = /^[A-Za-z0-9:_.@-]+\.(service|timer|target|path|socket|mount)$/;
const WANTING_UNIT = /^[A-Za-z0-9:_.@-]+\.(service|timer|target|path|socket|mount|automount|swap|slice|device)$/;
/**
 * A specifier that systemd.unit(5) does not have. systemd reserves all letters and digits and ignores the whole line
 * (src/shared/specifier.c, POSSIBLE_SPECIFIERS); a percent sign before anything else stands for itself.
 */
const UNKNOWN_SPECIFIER = /%(?![aAbBCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY])(?=[A-Za-z0-9])/;
/** systemd counts none of them as UTF-8 and ignores the whole line (src/basic/utf8.c, unichar_is_valid). */
const NO_CHARACTER = /\p{Noncharacter_Code_Point}/u;
const UNIT_KEY = /^[A-Za-z][A-Za-z0-9-]*$/;

/** Refuses keys that are none, and values that would run into the next line. */
function assertUnitSections(path: string, sections: Readonly<Record<string, UnitSection | undefined>>): void {
  for (const [section, entries] of Object.entries(sections)) {
    for (const [key, value] of Object.entries(entries ?? {})) {
      const values = (Array.isArray(value) ? value : [value]).map(String);
      const lost = values.find((text) => UNKNOWN_SPECIFIER.test(text.replaceAll("%%", "")));
      if (lost !== undefined) {
        throw UNIT_SPECIFIER({
          path,
          what: `${section} ${key}= has an unknown specifier, so systemd would ignore the line`,
          value: lost,
          allowed: "specifiers of systemd.unit(5), and %% for a percent sign",
          remedy: JSON.stringify(lost.replace(new RegExp(`%%|${UNKNOWN_SPECIFIER.source}`, "g"), "%%")),
        });
      }
      if (UNIT_KEY.test(key) && !values.some((text) => BREAKS_LINE.test(text) || NO_CHARACTER.test(text))) continue;
      throw UNIT_LINE({
        path,
        what: `${section} ${key}= of a unit contains a line break or another character that systemd does not accept, or ends in a backslash`,
        value,
        allowed:
          "keys of letters and digits; values without control characters and Unicode's noncharacters, not ending in a backslash",
        remedy: "a list for repeated keys; a script (settings.script) for more than one command",
      });
    }
  }
}

function assertUnitName(path: string, name: string): void {
  if (UNIT_NAME.test(name) && name.length <= NAME_LENGTH && !name.startsWith(".")) return;
  throw BAD_UNIT_NAME({
    path,
    what: "not the name of a systemd unit",
    value: name,
    allowed: `a name with its suffix: .service .timer .target .path .socket .mount; at most ${NAME_LENGTH} characters`,
    remedy: `"netloom-example.service"`,
  });
}

/** Units that want another one: systemd makes links in directories that are named after them. */
function assertWantedBy(path: string, units: readonly string[]): void {
  for (const name of units) {
    if (WANTING_UNIT.test(name) && name.length <= NAME_LENGTH && !name.startsWith(".")) continue;
    throw BAD_UNIT_NAME({
      path,
      what: "wantedBy names no systemd unit",
      value: name,
      allowed: "names of units with their suffix",
      remedy: `wantedBy: ["multi-user.target"]`,
    });
  }
}
