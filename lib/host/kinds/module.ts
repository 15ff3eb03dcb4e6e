import { defineKind } from "./kind";
import { assertWord } from "./words";

export const MODULE = defineKind({
  noun: "kernel module",
  record({ origin }, name: string) {
    assertWord(origin, "kernel module", name);
    return [[name, true as const]];
  },
  effect: () => "none",
});

export const MODULE_OPTION = defineKind({
  noun: "module option",
  record({ origin }, module: string, parameter: string, value: string | number) {
    assertWord(origin, "kernel module", module);
    assertWord(origin, "module parameter", parameter);
    assertWord(origin, "module parameter value", String(value));
    return [[`${module} ${parameter}`, String(value)]];
  },
  // A module reads them when it is loaded.
  effect: () => "reboot",
});
