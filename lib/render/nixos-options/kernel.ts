import type { OptionEntry } from "../../nix-ts-builder";
import { option, options } from "./entries";

/** Kernel, modules, files, packages, users' limits: options as evaluated from nixpkgs of September 2024. */
export const KERNEL_OPTIONS: readonly OptionEntry[] = [
  option("boot.kernel.sysctl.*", "null or bool or int or string"),
  // Of several definitions the highest wins, so these two must be numbers.
  option('boot.kernel.sysctl."net.core.rmem_max"', "null or unsigned"),
  option('boot.kernel.sysctl."net.core.wmem_max"', "null or unsigned"),
  option("boot.kernel.sysfs", "attrs", {
    since: "25.11",
    remedy: "write it from a systemd service, or with systemd.tmpfiles.rules",
  }),
  ...options("boot", "list of string", "kernelModules blacklistedKernelModules supportedFilesystems"),
  ...options("boot.initrd", "list of string", "kernelModules availableKernelModules"),
  option("boot.extraModulePackages", "list of package"),
  option("boot.extraModprobeConfig", "lines"),
  option("boot.kernelParams", "list of parameter"),
  option("environment.systemPackages", "list of package"),
  ...options("environment.etc.*", "null or lines", "text"),
  ...options("environment.etc.*", "path", "source"),
  ...options("environment.etc.*", "string", "mode user group target"),
  option("environment.etc.*.enable", "bool"),
  option("services.udev.extraRules", "lines"),
  option("systemd.tmpfiles.rules", "list of string"),
  option("security.pam.loginLimits.*.domain", "string"),
  option("security.pam.loginLimits.*.type", '"-" or "hard" or "soft"'),
  option(
    "security.pam.loginLimits.*.item",
    "core data fsize memlock nofile rss stack cpu nproc as maxlogins maxsyslogins priority locks sigpending msgqueue nice rtprio"
      .split(" ")
      .map((name) => `"${name}"`)
      .join(" or "),
  ),
  option("security.pam.loginLimits.*.value", "int or string"),
  option("hardware.infiniband.enable", "bool"),
  option("hardware.infiniband.guids", "list of string"),
  option("powerManagement.cpuFreqGovernor", "null or string"),
  option("services.irqbalance.enable", "bool"),
  option("system.stateVersion", "string"),
];
