import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { AGENT_HOME, type IndexKey, keyIn, newsIn, shellWord, slotOf } from "../contract";
import { HostAgent } from "./agent";
import { DeployError, type HostFailure } from "./failure";
import { eachHost } from "./fleet";
import type { HostEntry, StackIndex } from "./index-file";
import { keyInRoot, privateKeyFile, publicKeyOf } from "./keys";
import { type CollectedKey, lockedKeys, mergeKeys, readLock, type SharedKey, sharedKeys, updateLock } from "./lock";
import { packagePolicy } from "./packages";
import { notice } from "./progress";
import { STAGE_TIMEOUT } from "./stage";

/**
 * Public keys by `<mesh>/<member>`: asked of the hosts of this wave, taken from the lock file for others, and asked
 * of others that the lock does not know yet. What hosts say goes into the lock file at once.
 */
export async function collectKeys(
  index: StackIndex,
  wave: readonly HostAgent[],
  needed: readonly string[],
): Promise<Map<string, string>> {
  const known = index.lock === undefined ? new Map<string, string>() : lockedKeys(readLock(index.lock));
  const inWave = new Set(wave.map((agent) => agent.name));
  const missing = new Set(needed.filter((member) => !known.has(member)));
  const others = [...index.hosts.values()]
    .filter((host) => !inWave.has(host.name) && host.keys.some((key) => missing.has(memberOf(key))))
    .map((host) => new HostAgent(host));
  const agents = [...wave.filter((agent) => agent.entry.keys.length > 0), ...others];
  const { results, failures } = await eachHost(agents, "key", (agent) => keysOf(index, agent, inWave.has(agent.name)));
  if (failures.length > 0)
    throw new DeployError("no change was made: these hosts did not give their public keys", failures);
  const collected = [...results.values()].flat().sort((a, b) => (memberOf(a) < memberOf(b) ? -1 : 1));
  if (collected.length > 0) await record(index, collected);
  for (const key of collected) known.set(memberOf(key), key.public);
  const unknown = needed.filter((member) => !known.has(member));
  if (unknown.length === 0) return known;
  throw new DeployError(
    `no change was made: nobody knows the public keys of ${unknown.join(", ")}. A member needs a host in this stack, an entry in the lock file, or its publicKey in the mesh`,
  );
}

const memberOf = (key: Pick<IndexKey, "mesh" | "member">) => `${key.mesh}/${key.member}`;

function asFailure({ members, public: text }: SharedKey): HostFailure {
  return {
    host: members.join(", "),
    step: "key",
    said: `all have ${text}`,
    remedy: `one of these machines is a copy of another, or answers in its place: remove ${KEY_DIRECTORY} on the copy, and the "key" of its member from the lock file; then deploy again`,
  };
}

async function record(index: StackIndex, collected: readonly CollectedKey[]): Promise<void> {
  if (index.lock === undefined) return;
  const path = index.lock;
  const { renewed, foreign, shared } = updateLock(path, (lock) => {
    const merged = mergeKeys(lock, collected);
    const shared = sharedKeys(merged.lock);
    // Nothing is written when another machine seems to answer: the old key stays the one to compare with.
    const isGood = merged.foreign.length === 0 && shared.length === 0;
    return { lock: isGood ? merged.lock : lock, result: { ...merged, shared } };
  });
  if (shared.length > 0)
    throw new DeployError("no change was made: two members of a mesh have one WireGuard key", shared.map(asFailure));
  for (const change of renewed)
    notice(`${change.member} made a new key (${change.after}); the lock file said ${change.before}`);
  if (foreign.length === 0) return;
  throw new DeployError(
    "no change was made: a host has another WireGuard key than the lock file says, so this may not be the machine it was",
    foreign.map(({ member, before, after }) => ({
      host: member,
      step: "key",
      said: `has ${after}, the lock file says ${before}`,
      remedy: 'if the machine is right, delete this member\'s "key" from the lock file and deploy again',
    })),
  );
}

/** Where hosts keep the keys that they made. */
const KEY_DIRECTORY = `${AGENT_HOME}/keys`;

async function keysOf(index: StackIndex, agent: HostAgent, staged: boolean): Promise<CollectedKey[]> {
  const keys: CollectedKey[] = [];
  for (const key of agent.entry.keys) {
    const answer = await oneKey(index, agent, key, staged);
    keys.push({ mesh: key.mesh, member: key.member, epoch: key.epoch, ...answer });
  }
  return keys;
}

type Answer = Pick<CollectedKey, "public" | "made">;

async function oneKey(index: StackIndex, agent: HostAgent, key: IndexKey, staged: boolean): Promise<Answer> {
  if (key.directory === undefined)
    return agent.entry.target.kind === "directory"
      ? keyOfDirectory(agent.entry, key)
      : keyOfHost(index, agent, key, staged);
  const { privateKey, made } = privateKeyFile(resolve(index.project, key.directory, `${key.member}.key`));
  if (staged && agent.entry.target.kind === "directory") keyOfDirectory(agent.entry, key, privateKey);
  else if (staged) await agent.command(["key-put", slotOf(key)], { input: `${privateKey}\n` });
  return { public: publicKeyOf(privateKey), made };
}

function keyOfDirectory(host: HostEntry, key: IndexKey, given?: string): Answer {
  const root = host.target.kind === "directory" ? host.target.path : "";
  const { privateKey, made } = keyInRoot(root, slotOf(key), given);
  return { public: publicKeyOf(privateKey), made };
}

/** A host of a later wave may have no agent yet; the text of ours runs there just as well. */
async function keyOfHost(index: StackIndex, agent: HostAgent, key: IndexKey, staged: boolean): Promise<Answer> {
  const answer = staged
    ? await agent.command(["key", slotOf(key)])
    : await agent.scriptOrFail("key", `${packagePolicy(index)}sh -s -- key ${shellWord(slotOf(key))}`, {
        input: readFileSync(join(index.directory, "agent.sh")),
        timeout: STAGE_TIMEOUT,
      });
  const found = keyIn(answer);
  if (found === undefined) throw new Error(`not a public key: ${answer.trim().slice(0, 80)}`);
  for (const installed of newsIn(answer, "packages installed"))
    notice(`${agent.name}: installed ${installed}, to make its key`);
  return found;
}
