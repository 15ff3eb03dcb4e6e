import { defineKind } from "./kind";
import { assertFileName } from "./words";

/** Where scripts of units lie on hosts that are not NixOS. */
export const SCRIPT_DIRECTORY = "/etc/netloom/scripts";

/** A shell script that units and checks may call. */
export interface ScriptSettings {
  /** POSIX sh, without the `#!` line. */
  readonly text: string;
  /** Nix attribute paths below `pkgs` whose programs it calls. @default - none */
  readonly path?: readonly string[];
  /**
   * The text is the same on every host that has a script of this name: it is written once for the whole stack. NixOS
   * hosts keep it in their module. @default false
   */
  readonly shared?: boolean;
}

export const SCRIPT = defineKind({
  noun: "script",
  record({ origin }, name: string, settings: ScriptSettings) {
    assertFileName(origin, "script name", name);
    return [[name, settings]];
  },
  effect: () => "none",
  show: ({ text }) => ({ bytes: Buffer.byteLength(text) }),
});
