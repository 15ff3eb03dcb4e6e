import { spawnSync } from "node:child_process";
import packages from "./tools.json";

/**
 * Programs that some tests need, by the Debian packages that hold them; `.ci/run` installs these. Those without a
 * package (Terraform, Go) must be on the machine already. What is not listed is on every machine: Node, git, sh, tar,
 * and what coreutils, findutils, diffutils, sed, grep and awk provide.
 */
export const TOOLS: Readonly<Record<string, string>> = packages;

/** Programs for administrators live in directories that an ordinary PATH lacks. */
export const TOOL_PATH = `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin:/sbin`;

const isSet = (name: string) => (process.env[name] ?? "") !== "";

/**
 * Whether a missing tool fails its tests, so that nothing is left untested without notice: true in CI, except in CI's
 * bare run, which has no tools on purpose and sets NETLOOM_BARE.
 */
export const TOOLS_ARE_REQUIRED = isSet("CI") && !isSet("NETLOOM_BARE");

/** Whether a program is installed, by name or path. Throws for a name that is not listed: CI would not install it. */
export function isInstalled(name: string, path: string | undefined = process.env["PATH"]): boolean {
  if (!name.startsWith("/") && !(name in TOOLS)) throw new Error(`add ${name} to test/support/tools.json`);
  return spawnSync("sh", ["-c", 'command -v "$1"', "sh", name], { env: { ...process.env, PATH: path } }).status === 0;
}
