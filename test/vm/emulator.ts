import { existsSync, readFileSync } from "node:fs";
import type { Emulator } from "./machine";
import { qemu } from "./qemu";
import { uml } from "./uml";

const EMULATORS = { qemu, uml };

/** Whole kernels of Debian where the hardware runs them; NETLOOM_VM_EMULATOR chooses otherwise. */
export function emulator(): Emulator {
  const name = process.env["NETLOOM_VM_EMULATOR"] ?? (hasHardware() ? "qemu" : "uml");
  const found = EMULATORS[name as keyof typeof EMULATORS];
  if (found === undefined) throw new Error(`NETLOOM_VM_EMULATOR=${name} is not one of ${Object.keys(EMULATORS)}`);
  return found;
}

/** KVM that runs inside a guest without VMX or SVM interprets Debian's kernel, and is slower than emulation. */
const hasHardware = () =>
  existsSync("/dev/kvm") && /^flags.*\b(vmx|svm)\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));
