import type { UnitSection } from "../../host";
import { checkOptions, nix, type NixValue } from "../../nix-ts-builder";
import { renderSections } from "../unit";
import { NIXOS_OPTIONS } from "./catalogue";

type Values = Readonly<Record<string, NixValue>>;

/** What of a section of a networkd file goes into its option, and what is left over. */
interface Split {
  readonly fits: Values;
  readonly rest: UnitSection;
}

/**
 * Tells the keys of one networkd section that NixOS of `release` lets through from those that it refuses although systemd
 * reads them. `options` is the path of the option, `values` what it would get, `section` the same keys as systemd wants them.
 */
export function splitSection(options: readonly string[], values: Values, section: UnitSection, release: string): Split {
  const fits = Object.entries(values).filter(([key, value]) => isAccepted([...options, key], value, release));
  const accepted = new Set(fits.map(([key]) => key));
  return {
    fits: Object.fromEntries(fits),
    rest: Object.fromEntries(Object.entries(section).filter(([key]) => !accepted.has(key))),
  };
}

function isAccepted(path: readonly string[], value: NixValue, release: string): boolean {
  return checkOptions(nix.attrs([nix.bind(path, value)]), NIXOS_OPTIONS, release).length === 0;
}

/** Sections that no option takes, as the `extraConfig` of a networkd file; nothing when there are none. */
export function extraConfig(sections: readonly (readonly [string, UnitSection])[]): {
  readonly [name: string]: NixValue;
} {
  const left = sections.filter(([, section]) => Object.keys(section).length > 0);
  return left.length === 0 ? {} : { extraConfig: nix.lines(renderSections(left)) };
}
