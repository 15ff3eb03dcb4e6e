import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { DeployError } from "./failure";

/** How a host is reached; see the contract in `lib/agent/README.md`. */
export type TargetEntry = SshTargetEntry | { readonly kind: "directory"; readonly path: string };

export interface SshTargetEntry {
  readonly kind: "ssh";
  readonly host: string;
  readonly port?: number;
  readonly user?: string;
  readonly identityFile?: string;
  readonly hostKey?: string;
  readonly proxyJump?: string;
  readonly newHost?: string;
}

export interface FileEntry {
  readonly sha256: string;
  readonly mode: string;
  readonly install: "link" | "copy" | "none";
  /** Where it lies, from the stack's folder. */
  readonly place: string;
}

export interface KeyEntry {
  /** File name of the private key on the host. */
  readonly slot: string;
  readonly mesh: string;
  readonly member: string;
  readonly epoch: number;
  readonly source: "host" | "directory";
  readonly directory?: string;
}

export interface HostEntry {
  readonly name: string;
  readonly path: string;
  readonly platform: "linux" | "nixos";
  readonly digest: string;
  /** Seconds until an unconfirmed change reverts. */
  readonly window: number;
  /** Whether the stack says so; else the window is derived from what is measured on the hosts. */
  readonly windowIsSet: boolean;
  readonly target: TargetEntry;
  /** By path in the generation. */
  readonly files: Readonly<Record<string, FileEntry>>;
  readonly keys: readonly KeyEntry[];
}

/** `netloom.json` as the runner uses it. Hosts without a target are left out: they are only synthesized. */
export interface StackIndex {
  /** The stack directory. */
  readonly directory: string;
  readonly stack: string;
  /** Where relative paths of the user start. */
  readonly project: string;
  readonly lock?: string;
  /** Whether hosts get the packages they lack; else a host that lacks one is an error. */
  readonly installPackages: boolean;
  readonly hosts: ReadonlyMap<string, HostEntry>;
  readonly waves: readonly { readonly name: string; readonly hosts: readonly string[] }[];
  /** Secret file of each mesh that wants pre-shared keys. */
  readonly presharedKeys: ReadonlyMap<string, string>;
}

const DEFAULT_PROJECT = "../../..";
const SCHEMA = 2;

/** Seconds that a host waits for its confirmation where the index does not say it. */
export const DEFAULT_WINDOW = 120;

export function readIndex(directory: string): StackIndex {
  const path = join(directory, "netloom.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new DeployError("there is no netloom.json here: run this in cdktf.out/stacks/<stack>, after `cdktf synth`");
  }
  return parseIndex(text, directory);
}

type Files = Readonly<Record<string, string>>;

interface RawKey {
  readonly device: string;
  readonly mesh: string;
  readonly member: string;
  readonly epoch: number;
  readonly directory?: string;
}

interface RawHost {
  readonly path: string;
  readonly platform: "linux" | "nixos";
  readonly digest: string;
  readonly window?: number;
  readonly target?: TargetEntry;
  readonly files: Files;
  readonly shared?: readonly string[];
  readonly keys?: readonly RawKey[];
}

interface RawIndex {
  readonly schema?: number;
  readonly stack?: string;
  readonly project?: string;
  readonly lock?: string;
  readonly installPackages?: boolean;
  readonly hosts?: Readonly<Record<string, RawHost>>;
  readonly shared?: Files;
  readonly waves?: { name: string; hosts: string[] }[];
  readonly wireguard?: Record<string, { presharedKeys?: { secret: string } }>;
}

export function parseIndex(text: string, directory: string): StackIndex {
  const raw = parsed(text);
  if (raw?.schema !== SCHEMA) {
    throw new DeployError(`netloom.json has schema ${raw?.schema}, this runner reads ${SCHEMA}: synthesize again`);
  }
  const project = resolve(directory, raw.project ?? DEFAULT_PROJECT);
  const hosts = new Map<string, HostEntry>();
  for (const [name, host] of Object.entries(raw.hosts ?? {})) {
    if (host.target !== undefined)
      hosts.set(name, hostEntry(name, host, absoluteTarget(host.target, project), raw.shared ?? {}));
  }
  return {
    directory,
    stack: raw.stack ?? "",
    project,
    ...(raw.lock === undefined ? {} : { lock: resolve(project, raw.lock) }),
    installPackages: raw.installPackages ?? true,
    hosts,
    waves: raw.waves ?? [],
    presharedKeys: new Map(
      Object.entries(raw.wireguard ?? {}).flatMap(([mesh, { presharedKeys }]) =>
        presharedKeys === undefined ? [] : [[mesh, resolve(project, presharedKeys.secret)] as const],
      ),
    ),
  };
}

function parsed(text: string): RawIndex | null {
  try {
    return JSON.parse(text) as RawIndex | null;
  } catch (error) {
    throw new DeployError(`netloom.json cannot be read (${(error as Error).message}): synthesize again`);
  }
}

function hostEntry(name: string, raw: RawHost, target: TargetEntry, allShared: Files): HostEntry {
  const own = Object.entries(raw.files).map(([path, words]) => [path, fileEntry(path, words, `hosts/${name}/${path}`)]);
  const shared = (raw.shared ?? []).map((path) => [path, fileEntry(path, allShared[path], sharedPlace(path))]);
  return {
    name,
    path: raw.path,
    platform: raw.platform,
    digest: raw.digest,
    window: raw.window ?? DEFAULT_WINDOW,
    windowIsSet: raw.window !== undefined,
    target,
    files: Object.fromEntries([...own, ...shared]),
    keys: (raw.keys ?? []).map(keyEntry),
  };
}

/** Words behind the hash say what is not as it mostly is: an octal mode, and how the file is installed. */
function fileEntry(path: string, words: string | undefined, place: string): FileEntry {
  const [, sha256, mode, install] = /^([0-9a-f]{64})(?: (0[0-7]{3}))?(?: (link|copy|none))?$/.exec(words ?? "") ?? [];
  if (sha256 === undefined)
    throw new DeployError(`netloom.json says nothing that can be read of ${place}: synthesize again`);
  const usual = path.startsWith("root/") ? "link" : "none";
  return { sha256, mode: mode ?? "0644", install: (install as FileEntry["install"] | undefined) ?? usual, place };
}

/** Peer tables lie at the top of the stack, other shared files below `shared/`. */
function sharedPlace(path: string): string {
  return path.startsWith("wireguard/") ? path : `shared/${path}`;
}

function keyEntry({ device, mesh, member, epoch, directory }: RawKey): KeyEntry {
  const source = directory === undefined ? "host" : "directory";
  return { slot: `${device}.${epoch}`, mesh, member, epoch, source, ...(directory === undefined ? {} : { directory }) };
}

/** Relative paths that the user wrote start at the project; `~/` is left to ssh, which knows it. */
export function absoluteTarget(target: TargetEntry, project: string): TargetEntry {
  if (target.kind === "directory") return { ...target, path: resolve(project, target.path) };
  const file = target.identityFile;
  if (file === undefined || isAbsolute(file) || file.startsWith("~")) return target;
  return { ...target, identityFile: resolve(project, file) };
}

export function hostNamed(index: StackIndex, name: string): HostEntry {
  const host = index.hosts.get(name);
  if (host !== undefined) return host;
  throw new DeployError(`there is no host '${name}' in this stack; it has: ${[...index.hosts.keys()].join(", ")}`);
}
