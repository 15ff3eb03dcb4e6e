import { NixError, type NixValue } from "../nix-ts-builder";
import { type NixLeaf, leavesOf } from "../nix-ts-builder/leaves";
import { optionPath } from "./option-path";
import type { Setting } from "./reason";
import type { ResolvedHost } from "./resolved";

/** One value that the stack itself gives to a NixOS option. */
export interface OptionLeaf extends NixLeaf {
  /** What was set: the option itself, or a set that it is in. */
  readonly option: Setting<unknown>;
  /** The whole path, from the top of the configuration. */
  readonly path: readonly string[];
}

const LEAVES = new WeakMap<ResolvedHost, readonly OptionLeaf[]>();

/** What a stack sets as NixOS options, whether it names the whole path or gives a set further up. Read once for each host. */
export function optionLeaves(host: ResolvedHost): readonly OptionLeaf[] {
  const known = LEAVES.get(host);
  if (known !== undefined) return known;
  const all = host.nixos.flatMap((option) => {
    const above = optionPath(option.origin, option.key);
    return leaves(option.value.value).map(({ path, value }) => ({ option, path: [...above, ...path], value }));
  });
  LEAVES.set(host, all);
  return all;
}

/** What is no Nix at all is refused where it is printed, with its reason. */
function leaves(value: NixValue): readonly NixLeaf[] {
  try {
    return [...leavesOf(value)];
  } catch (error) {
    if (error instanceof NixError) return [];
    throw error;
  }
}

/** The first thing that the stack sets at an option or below it. */
export function optionSet(host: ResolvedHost, ...option: readonly string[]): OptionLeaf | undefined {
  return optionLeaves(host).find(({ path }) => option.every((step, i) => path[i] === step));
}
