import { defineKind } from "./kind";
import { assertWord, NOT_A_WORD } from "./words";

/** A package that must be installed, by its name in each distribution. */
export interface PackageSettings {
  /** Debian or Ubuntu package name, without version or release. @default - not needed there */
  readonly debian?: string;
  /** Attribute path below `pkgs`. @default - not needed there */
  readonly nix?: string;
}

export const PACKAGE = defineKind({
  noun: "package",
  record({ origin }, settings: PackageSettings) {
    if (settings.debian !== undefined) assertDebianPackage(origin, settings.debian);
    if (settings.nix !== undefined || settings.debian === undefined)
      assertWord(origin, "package name", settings.nix ?? "");
    return [[settings.nix ?? settings.debian ?? "", settings]];
  },
  effect: () => "none",
});

// Debian policy 5.6.1; a final "-" would tell apt to remove the package.
const DEBIAN_PACKAGE = /^[a-z0-9][a-z0-9.+-]*[a-z0-9.+]$/;

function assertDebianPackage(path: string, name: string): void {
  if (DEBIAN_PACKAGE.test(name)) return;
  throw NOT_A_WORD({
    path,
    what: "not a Debian package name",
    value: name,
    allowed: "a-z 0-9 . + -, without version, release or architecture",
    remedy: `settings.package({ debian: "wireguard-tools" }, …)`,
  });
}
