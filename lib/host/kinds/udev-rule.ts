import { defineKind } from "./kind";
import { assertFileName, assertLine } from "./words";

export const UDEV_RULE = defineKind({
  noun: "udev rule",
  record({ origin }, name: string, rule: string) {
    assertFileName(origin, "udev rule name", name);
    assertLine(origin, "a udev rule", rule);
    return [[name, rule]];
  },
  // udev reads it at the next event of a device.
  effect: () => "reboot",
});
