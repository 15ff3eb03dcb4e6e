import { failAll } from "../../errors";
import { checkOptions, type NixValue, type OptionEntry } from "../../nix-ts-builder";
import { KERNEL_OPTIONS } from "./kernel";
import { NETWORKING_OPTIONS } from "./networking";
import { LINK_OPTIONS } from "./networkd-links";
import { NETDEV_OPTIONS } from "./networkd-netdevs";
import { NETWORK_OPTIONS } from "./networkd-networks";
import { SERVICE_OPTIONS } from "./services";
import { WIREGUARD_OPTIONS } from "./wireguard";

/**
 * The NixOS options that Netloom's constructs set, and their neighbours, for releases 24.11 to 26.05. Options that are not
 * listed are not checked, except in the sections of networkd files, where NixOS itself knows every key.
 */
export const NIXOS_OPTIONS: readonly OptionEntry[] = [
  ...KERNEL_OPTIONS,
  ...NETWORKING_OPTIONS,
  ...LINK_OPTIONS,
  ...NETWORK_OPTIONS,
  ...NETDEV_OPTIONS,
  ...SERVICE_OPTIONS,
  ...WIREGUARD_OPTIONS,
];

/**
 * Refuses settings that NixOS of `release` would refuse, so that they fail here and not in a rebuild on a remote host.
 *
 * @param config the settings of a module: plain data, or a set with bindings whose origins are construct paths
 * @param path construct path of the host, used where a binding has no origin
 * @throws NetloomError with one problem for each wrong option
 */
export function assertNixosOptions(config: NixValue, release: string, path: string): void {
  const problems = checkOptions(config, NIXOS_OPTIONS, release);
  failAll(
    problems.map(({ path: name, what, value, accepted, remedy, origin }) => ({
      code: "NL-NIXOS-OPTION",
      path: origin ?? path,
      what: `the NixOS option ${name} ${what}`,
      value,
      allowed: accepted,
      ...(remedy !== undefined && { remedy }),
    })),
  );
}
