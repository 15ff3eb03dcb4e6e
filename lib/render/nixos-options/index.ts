import { failAll } from "../../errors";
import { checkOptions, type NixValue } from "../../nix-ts-builder";
import { NIXOS_OPTIONS } from "./catalogue";
import { NIXOS_OPTION } from "../../host/option-path";

export { NIXOS_OPTIONS } from "./catalogue";
export { ownedByNixos } from "./etc";
export { absentPackage } from "./packages";
export { extraConfig, splitSection } from "./fitting";

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
      code: NIXOS_OPTION.id,
      path: origin ?? path,
      what: `the NixOS option ${name} ${what}`,
      value,
      allowed: accepted,
      ...(remedy !== undefined && { remedy }),
    })),
  );
}
