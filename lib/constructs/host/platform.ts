import { NIXOS_RELEASES, type NixosRelease, type Platform as HostPlatform } from "../../host";

/** What runs on a machine: any Linux with systemd, or NixOS of some release. */
export type Platform = HostPlatform;

/** Constructors of platforms. */
export const Platform = {
  /** Any Linux with systemd: Ubuntu, Debian, Fedora … */
  linux: (): HostPlatform => ({ kind: "linux" }),
  /** NixOS of the given release; options that it does not know are refused at synthesis. */
  nixos: (release: NixosRelease = NIXOS_RELEASES.at(-1)!): HostPlatform => ({ kind: "nixos", release }),
};
