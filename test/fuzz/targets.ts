import { isInstalled, TOOL_PATH } from "../support/installed";
import { DATA_TARGETS } from "./data-targets";
import { FIREWALL_TARGETS } from "./firewall-target";
import { LINUX_TARGETS } from "./linux-targets";
import { NFT_TARGETS } from "./nft-targets";
import { NIXOS_TARGETS } from "./nixos-targets";
import { REMOTE_TARGETS } from "./remote-targets";
import { SHELL_TARGETS } from "./shell-targets";
import { SYSTEMD_TARGETS } from "./systemd-targets";
import type { Target } from "./target";

export const TARGETS = [
  ...SHELL_TARGETS,
  ...LINUX_TARGETS,
  ...SYSTEMD_TARGETS,
  ...NFT_TARGETS,
  ...FIREWALL_TARGETS,
  ...NIXOS_TARGETS,
  ...DATA_TARGETS,
  ...REMOTE_TARGETS,
] as readonly Target<unknown, unknown>[];

/** Why a target cannot be tried here. */
export function missing({ tools, needsRoot }: Target<unknown, unknown>): string | undefined {
  const absent = tools.filter((tool) => !isInstalled(tool, TOOL_PATH));
  if (absent.length > 0) return `not installed: ${absent.join(", ")}`;
  return needsRoot === true && process.getuid?.() !== 0 ? "root is required" : undefined;
}
