import { defineProblem } from "../errors";

export const NIXOS_OPTION = defineProblem("NL-NIXOS-OPTION", "A NixOS option exists and is given a value of its type");

const STEP = /\s*(?:([A-Za-z_][A-Za-z0-9_'-]*)|"((?:[^"\\$]|\\.)*)")\s*(\.|$)/y;

/** The steps of an option path as people write it: `boot.kernel.sysctl."net.core.rmem_max"`. */
export function optionPath(origin: string, text: string): readonly string[] {
  const steps: string[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const match = STEP.exec(text);
    if (match === null || (match[3] === "." && STEP.lastIndex === text.length)) {
      throw NIXOS_OPTION({
        path: origin,
        what: "not the path of a NixOS option",
        value: text,
        allowed: `names joined by dots; names with dots in double quotes`,
        remedy: `host.nixos('boot.kernel.sysctl."net.core.rmem_max"', …)`,
      });
    }
    steps.push(match[1] ?? match[2]!.replace(/\\(.)/g, "$1"));
  }
  if (steps.length === 0)
    throw NIXOS_OPTION({ path: origin, what: "the path of a NixOS option is empty", value: text });
  return steps;
}
