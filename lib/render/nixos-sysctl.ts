import type { ResolvedHost, Setting } from "../host";
import { type BindNode, lib, nix, type NixNode, type NixValue } from "../nix-ts-builder";
import { reasonText } from "./reason";

const SYSCTL = ["boot", "kernel", "sysctl"];

/**
 * Stronger than what a configuration says plainly (100), weaker than its `mkForce` (50). The agent sets the live value
 * whatever the configuration says, so the file that is read at boot must say the same.
 */
const PRIORITY = 90;

/** Kernel parameters as NixOS options. */
export function nixosSysctls(host: ResolvedHost): BindNode[] {
  return host.sysctls.map((sysctl) =>
    nix.bind([...SYSCTL, sysctl.key], prioritised(sysctl), { comment: reasonText(sysctl), origin: sysctl.origin }),
  );
}

function prioritised({ value, priority }: Setting<string>): NixValue {
  return priority === "force" ? lib.mkForce(optionValue(value)) : lib.mkOverride(PRIORITY, optionValue(value));
}

/**
 * NixOS wants numbers where the kernel has one number, and text for vectors and words. So does 0760 stay text: the
 * kernel reads it in octal, Nix would not.
 */
function optionValue(text: string): NixValue {
  const number = Number(text);
  return Number.isSafeInteger(number) && String(number) === text ? number : text;
}

/**
 * A warning for each definition that says something else than the value that won: the owner's that ours replaces, or
 * ours where the owner's is an `mkForce`. What is meant to be replaced (`mkDefault`, `mkOverride` above 100) is no news.
 */
export function sysctlWarnings(host: ResolvedHost): NixValue | undefined {
  if (host.sysctls.length === 0) return undefined;
  const [key, definition, value] = [nix.id("key"), nix.id("definition"), nix.id("value")];
  const text = (of: NixNode): NixNode => nix.call("text", of);
  const winner = nix.get(nix.ref("config", ...SYSCTL), key);
  const content = nix.getOr(value, "content", value);
  const isMeant = nix.op("<=", nix.getOr(value, "priority", 100), 100);
  const differs = nix.op("!=", text(content), text(winner));
  const warning = nix.str`boot.kernel.sysctl."${key}" is ${text(winner)}, not ${text(content)} as ${nix.get(definition, "file")} says: netloom sets it on ${host.path}, remove one of the two`;
  const ofValue = nix.fn("value", lib.optional(nix.op("&&", isMeant, differs), warning));
  const values = nix.call("plain", nix.get(definition, "value", key));
  const ofDefinition = nix.fn(
    "definition",
    nix.call("lib.optionals", nix.has(nix.get(definition, "value"), key), nix.call("lib.concatMap", ofValue, values)),
  );
  const definitions = nix.ref("options", ...SYSCTL, "definitionsWithLocations");
  const ofKey = nix.fn("key", nix.call("lib.concatMap", ofDefinition, definitions));
  const isFalse = nix.op("==", value, false);
  const isA = (type: string) => nix.op("==", nix.getOr(value, "_type", ""), type);
  const ofIf = nix.call("lib.optionals", nix.get(value, "condition"), nix.call("plain", nix.get(value, "content")));
  const ofMerge = nix.call("lib.concatMap", nix.id("plain"), nix.get(value, "contents"));
  return nix.let(
    {
      text: nix.fn("value", nix.if(isFalse, "0", nix.toString(value))),
      plain: nix.fn("value", nix.if(isA("if"), ofIf, nix.if(isA("merge"), ofMerge, [value]))),
    },
    nix.call(
      "lib.concatMap",
      ofKey,
      host.sysctls.map((sysctl) => sysctl.key),
    ),
  );
}
