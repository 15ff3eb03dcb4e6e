import type { OptionEntry } from "../../nix-ts-builder";
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
 * `scripts/nixos-option-types.mjs` compares the types with those of a nixpkgs tree.
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
