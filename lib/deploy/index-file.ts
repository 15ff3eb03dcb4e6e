import { readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import {
  DEFAULT_WINDOW,
  filesOf,
  INDEX,
  type IndexFile,
  type IndexHost,
  type IndexKey,
  type PlacedFile,
  parseIndex,
  type TargetSpec,
} from "../contract";
import { DeployError } from "./failure";

export interface HostEntry extends Pick<IndexHost, "path" | "platform" | "digest"> {
  readonly name: string;
  /** Seconds until an unconfirmed change reverts. */
  readonly window: number;
  /** Whether the stack says so; else the window is derived from what is measured on the hosts. */
  readonly windowIsSet: boolean;
  readonly target: TargetSpec;
  /** By path in the generation. */
  readonly files: Readonly<Record<string, PlacedFile>>;
  readonly keys: readonly IndexKey[];
}

/** `netloom.json` as the runner uses it. Hosts without a target are left out: they are only synthesized. */
export interface StackIndex extends Pick<IndexFile, "stack" | "project" | "lock" | "waves"> {
  /** The stack directory. */
  readonly directory: string;
  readonly installPackages: boolean;
  readonly hosts: ReadonlyMap<string, HostEntry>;
  /** Secret file of each mesh that wants pre-shared keys. */
  readonly presharedKeys: ReadonlyMap<string, string>;
}

export function readIndex(directory: string): StackIndex {
  const path = join(directory, INDEX);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new DeployError(`there is no ${INDEX} here: run this in cdktf.out/stacks/<stack>, after "cdktf synth"`);
  }
  return stackIndex(parseIndex(text), directory);
}

/** The index with every path where this process finds it. */
export function stackIndex(index: IndexFile, directory: string): StackIndex {
  const project = resolve(directory, index.project);
  return {
    directory,
    stack: index.stack,
    project,
    ...(index.lock === undefined ? {} : { lock: resolve(project, index.lock) }),
    installPackages: index.installPackages ?? true,
    hosts: new Map(
      Object.entries(index.hosts).flatMap(([name, { path, platform, digest, window, target, keys = [] }]) => {
        if (target === undefined) return [];
        const windows = { window: window ?? DEFAULT_WINDOW, windowIsSet: window !== undefined };
        const rest = { target: absoluteTarget(target, project), files: filesOf(index, name), keys };
        return [[name, { name, path, platform, digest, ...windows, ...rest }] as const];
      }),
    ),
    waves: index.waves,
    presharedKeys: new Map(
      Object.entries(index.wireguard ?? {}).flatMap(([mesh, { presharedKeys }]) =>
        presharedKeys === undefined ? [] : [[mesh, resolve(project, presharedKeys.secret)] as const],
      ),
    ),
  };
}

/** Relative paths that the user wrote start at the project; `~/` is left to ssh, which knows it. */
export function absoluteTarget(target: TargetSpec, project: string): TargetSpec {
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
