import { absoluteTarget, type HostEntry, type StackIndex, type TargetEntry } from "./index-file";

/** Where hosts were when the stack was last deployed, as Terraform remembers it. */
export type Roster = Readonly<Record<string, { readonly target: TargetEntry; readonly window: number }>>;

/**
 * The hosts of an earlier roster that are not in the stack any more. A host of the same name stays a host of the stack,
 * wherever it is reached now; and so does a machine that only has another name.
 */
export function departed(index: StackIndex, roster: Roster): readonly HostEntry[] {
  const stays = new Set([...index.hosts.values()].map(({ target }) => machineOf(target)));
  return Object.entries(roster)
    .filter(([name]) => !index.hosts.has(name))
    .map(([name, { target, window }]) => entryOf(name, absoluteTarget(target, index.project), window))
    .filter(({ target }) => !stays.has(machineOf(target)));
}

/** What a withdrawal needs to know of a host whose files are gone. */
function entryOf(name: string, target: TargetEntry, window: number): HostEntry {
  return { name, path: name, platform: "linux", digest: "", window, target, files: {}, keys: [] };
}

function machineOf(target: TargetEntry): string {
  if (target.kind === "directory") return target.path;
  return `${target.host.toLowerCase()} ${target.port ?? 22} ${target.proxyJump ?? ""}`;
}
