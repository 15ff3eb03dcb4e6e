import { gunzipSync } from "node:zlib";
import { DeployError } from "./failure";
import { absoluteTarget, type HostEntry, type StackIndex, type TargetEntry } from "./index-file";

/** Where hosts were when the stack was last deployed, as Terraform remembers it. */
export type Roster = Readonly<Record<string, { readonly target: TargetEntry; readonly window: number }>>;

/** The roster that Terraform hands on: compressed, and in parts, since each variable of an environment is limited. */
export function rosterIn(environment: Readonly<Record<string, string | undefined>>): Roster {
  const packed: string[] = [];
  for (let part = 1; environment[`NETLOOM_HOSTS_${part}`]; part++) packed.push(environment[`NETLOOM_HOSTS_${part}`]!);
  try {
    return JSON.parse(gunzipSync(Buffer.from(packed.join(""), "base64")).toString()) as Roster;
  } catch {
    throw new DeployError("withdraw --departed needs the roster in NETLOOM_HOSTS_1 …, as Terraform sets them");
  }
}

/**
 * The hosts of an earlier roster that are not in the stack any more. A host of the same name stays a host of the stack,
 * wherever it is reached now; and so does a machine that only has another name.
 */
export function departed(index: StackIndex, roster: Roster): readonly HostEntry[] {
  const stays = new Set([...index.hosts.values()].flatMap(({ target }) => machinesOf(target)));
  return Object.entries(roster)
    .filter(([name]) => !index.hosts.has(name))
    .map(([name, { target, window }]) => entryOf(name, absoluteTarget(target, index.project), window))
    .filter(({ target }) => !machinesOf(target).some((machine) => stays.has(machine)));
}

/** What a withdrawal needs to know of a host whose files are gone. */
function entryOf(name: string, target: TargetEntry, window: number): HostEntry {
  return { name, path: name, platform: "linux", digest: "", window, target, files: {}, keys: [] };
}

/** What tells a machine from others: one of two names where it moves. */
function machinesOf(target: TargetEntry): readonly string[] {
  if (target.kind === "directory") return [target.path];
  const { host, newHost = host, port = 22, proxyJump = "" } = target;
  return [host, newHost].map((address) => `${address.toLowerCase()} ${port} ${proxyJump}`);
}
