import { defineProblem } from "../../errors";
import { NIXOS_RELEASES, type NixosRelease, type NixosSource, type Platform as HostPlatform } from "../../host";

const NIXOS_SOURCE = defineProblem("NL-NIXOS-SOURCE", "A NixOS configuration lies at a path or in a flake");

/** What runs on a machine: any Linux with systemd, or NixOS of some release. */
export type Platform = HostPlatform;

/** Constructors of platforms. */
export const Platform = {
  /** Any Linux with systemd: Ubuntu, Debian, Fedora … */
  linux: (): HostPlatform => ({ kind: "linux" }),
  /**
   * NixOS of the given release. Options that Netloom knows are checked against it at synthesis; others, and values that
   * Nix computes, when the host builds its system, before anything changes.
   *
   * @param source where the host's own configuration lies; throws `NL-NIXOS-SOURCE` when it is malformed
   */
  nixos: (release: NixosRelease = NIXOS_RELEASES.at(-1)!, source?: NixosSource): HostPlatform =>
    source === undefined ? { kind: "nixos", release } : { kind: "nixos", release, source: checked(source) },
};

// Both reach Nix and the shell of the host: plain characters only.
const CONFIGURATION = /^(\/[A-Za-z0-9_.@:+-]+)+$/;
const FLAKE = /^[A-Za-z0-9/][A-Za-z0-9_.~:@/?=&%+-]*#[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

function checked(source: NixosSource): NixosSource {
  const { configuration, flake } = source;
  const isOne = (configuration === undefined) !== (flake === undefined);
  if (isOne && CONFIGURATION.test(configuration ?? "/x") && FLAKE.test(flake ?? "x#x")) return source;
  throw NIXOS_SOURCE({
    what: "not a place where a NixOS configuration lies",
    value: source,
    allowed: "configuration: an absolute path on the host; or flake: a flake reference, # and the name of a system",
    remedy: `Platform.nixos("26.05", { flake: "/etc/nixos#node-0" })`,
  });
}
