import { shellWord } from "../contract";
import { HostAgent } from "./agent";
import { DeployError } from "./failure";
import { generationFiles } from "./generation";
import { type HostEntry, hostNamed, type StackIndex } from "./index-file";
import { packageNotices, packagePolicy } from "./packages";
import { notice, result } from "./progress";
import { tarOf } from "./tar";

/** Stands for whoever owns the host already: that of an operator who calls the runner by hand. */
export const ANYBODY = "-";

/** A closure may have to be built on the host (NixOS), packages may have to come. */
export const STAGE_TIMEOUT = 30 * 60_000;

/** Brings the generation of one host to it. Nothing live changes. */
export async function stageCommand(index: StackIndex, name: string, owner: string): Promise<void> {
  const host = hostNamed(index, name);
  const agent = new HostAgent(host);
  await agent.locate();
  tellPackages([agent], new Map([[name, await stage(index, agent, owner)]]));
  result(`netloom: ${name}: staged ${host.digest.slice(0, 12)} (${Object.keys(host.files).length} files)`);
}

/** Says what the agents did about packages, or what they could not do. */
export function tellPackages(agents: readonly HostAgent[], answers: ReadonlyMap<string, string>): void {
  const directories = new Set(agents.filter((a) => a.connection.kind === "directory").map((a) => a.name));
  for (const text of packageNotices(answers, (host) => directories.has(host))) notice(text);
}

/** Returns what the agent said. */
export async function stage(index: StackIndex, agent: HostAgent, owner: string): Promise<string> {
  const host: HostEntry = agent.entry;
  if (!/^[a-f0-9]{8,64}$/.test(host.digest)) throw new DeployError(`${host.name}: malformed digest in netloom.json`);
  const script = stageScript(host.digest, owner, host.target.kind === "directory", packagePolicy(index));
  const input = tarOf(generationFiles(index.directory, host));
  const staged = await agent.script(script, { input, timeout: STAGE_TIMEOUT });
  if (staged.code !== 0) throw agent.failed("stage", staged);
  return staged.stdout;
}

/** Whoever else may change the directory could swap the agent before it runs. */
const ROOT_ONLY = [
  "find -H / /var /var/lib -prune",
  "\\( ! -user 0 -o -perm -002 -o -perm -020 ! -group 0 \\)",
  "-exec ls -ldL {} + 2>/dev/null",
].join(" ");

/**
 * The first contact may find no agent, so the archive brings it. It is unpacked beside the state, on the same file
 * system, and taken over in one step; in a directory target, which may not have /var/lib yet, outside of it.
 */
export function stageScript(digest: string, owner: string, directory: boolean, policy: string): string {
  const base = directory ? '"${TMPDIR:-/tmp}"' : "/var/lib";
  return [
    "set -e; umask 077",
    ...(directory
      ? []
      : [
          `mkdir -p ${base}`,
          `bad=$(${ROOT_ONLY} || :)`,
          `[ -z "$bad" ] || { printf 'netloom: only root may be able to change /, /var and /var/lib:\\n%s\\ndo: chown root:root and chmod go-w what is listed\\n' "$bad" >&2; exit 1; }`,
        ]),
    `d=$(mktemp -d ${base}/netloom-stage.XXXXXX)`,
    `trap 'rm -rf "$d"' EXIT`,
    "trap 'exit 1' HUP INT TERM",
    'tar -xf - -C "$d"',
    `${policy}sh "$d/agent.sh" stage ${shellWord(digest)} ${shellWord(owner)} "$d"`,
  ].join("; ");
}
