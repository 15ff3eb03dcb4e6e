import { NIXOS_RELEASES, type NixosRelease, type Platform } from "../../host";

/** Constructors of platforms. */
export const Platforms = {
  /** Any Linux with systemd: Ubuntu, Debian, Fedora … */
  linux: (): Platform => ({ kind: "linux" }),
  /** NixOS of the given release; options that it does not know are refused at synthesis. */
  nixos: (release: NixosRelease = NIXOS_RELEASES.at(-1)!): Platform => ({ kind: "nixos", release }),
};
