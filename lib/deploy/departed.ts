import { gunzipSync } from "node:zlib";
import { DEFAULT_WINDOW, type Roster, rosterVariable, type TargetSpec } from "../contract";
import { DeployError } from "./failure";
import { absoluteTarget, type HostEntry, type StackIndex } from "./index-file";

/** The roster that Terraform hands on: compressed, and in parts, since each variable of an environment is limited. */
export function rosterIn(environment: Readonly<Record<string, string | undefined>>): Roster {
  const packed: string[] = [];
  for (let part = 1; environment[rosterVariable(part)]; part++) packed.push(environment[rosterVariable(part)]!);
  try {
    return JSON.parse(gunzipSync(Buffer.from(packed.join(""), "base64")).toString()) as Roster;
  } catch {
    throw new DeployError("withdraw --departed needs the roster in NETLOOM_HOSTS_1 …, as Terraform sets them");
  }
}

/** A machine that a host of the roster was on, and that no target of the stack names any more. */
export interface LeftMachine {
  readonly was: HostEntry;
  /** The host of that name as it is now: perhaps the same machine at another address. @default - the host has left */
  readonly now?: HostEntry;
}

/**
 * The machines of an earlier roster that the stack does not name any more, because their hosts have left or are reached
 * elsewhere. One that only has another name stays.
 */
export function leftMachines(index: StackIndex, roster: Roster): readonly LeftMachine[] {
  const stays = new Set([...index.hosts.values()].flatMap(({ target }) => machinesOf(target)));
  return Object.entries(roster).flatMap(([name, { window, ...target }]) => {
    const place = absoluteTarget(target, index.project);
    if (machinesOf(place).some((machine) => stays.has(machine))) return [];
    const now = index.hosts.get(name);
    if (now === undefined) return [{ was: entryOf(name, place, window) }];
    return [{ was: entryOf(`${name} at ${place.kind === "ssh" ? place.host : place.path}`, place, window), now }];
  });
}

/** What a withdrawal needs to know of a host whose files are gone. */
function entryOf(name: string, target: TargetSpec, window: number | undefined): HostEntry {
  const windowIsSet = window !== undefined;
  const rest = { path: name, platform: "linux", digest: "", files: {}, keys: [] } as const;
  return { name, target, window: window ?? DEFAULT_WINDOW, windowIsSet, ...rest };
}

/** What tells a machine from others: one of two names where it moves. */
function machinesOf(target: TargetSpec): readonly string[] {
  if (target.kind === "directory") return [target.path];
  const { host, newHost = host, port = 22, proxyJump = "" } = target;
  return [host, newHost].map((address) => `${address.toLowerCase()} ${port} ${proxyJump}`);
}
