import { linesJson } from "./json";
import { hostPlace, keySlot, sharedPlace } from "./places";
import type { TargetSpec } from "./target";
import { ContractError } from "./words";

/** Name of the index, in the stack's folder. */
export const INDEX = "netloom.json";

/** Version of the index; a higher one means that older readers must refuse it. */
export const INDEX_SCHEMA = 2;

/** Seconds that a host waits for its confirmation: where nobody says it, and at least and at most. */
export const DEFAULT_WINDOW = 120;
export const SMALLEST_WINDOW = 5;
export const LARGEST_WINDOW = 3600;

/** Files by path: the hash of each, then its mode and how it is installed, if that is not as usual. */
type FileWords = Readonly<Record<string, string>>;

/** `netloom.json`: what a deploy reads, and what users' tools may read. */
export interface IndexFile {
  readonly schema: typeof INDEX_SCHEMA;
  readonly stack: string;
  /** From the stack's folder to the project, with forward slashes: where relative paths of the user start. */
  readonly project: string;
  /** The lock file, from the project. */
  readonly lock?: string;
  /** Whether hosts get the packages they lack; else a host that lacks one is an error. @default true */
  readonly installPackages?: boolean;
  readonly hosts: Readonly<Record<string, IndexHost>>;
  /** Files that hosts have in common, by path in a generation. */
  readonly shared?: FileWords;
  /** By mesh path: where the secret lies that pre-shared keys are derived from. */
  readonly wireguard?: Readonly<Record<string, { readonly presharedKeys?: { readonly secret: string } }>>;
  readonly waves: readonly { readonly name: string; readonly hosts: readonly string[] }[];
  /** Paths of the stack's own files. */
  readonly files?: readonly string[];
}

export interface IndexHost {
  readonly path: string;
  readonly platform: "linux" | "nixos";
  readonly digest: string;
  /** Seconds until an unconfirmed change reverts. @default - derived on the hosts, at least {@link DEFAULT_WINDOW} */
  readonly window?: number;
  /** @default - the host is only synthesized */
  readonly target?: TargetSpec;
  /** The host's own files, by path in its generation. */
  readonly files: FileWords;
  /** Paths of those that it has in common with others. */
  readonly shared?: readonly string[];
  readonly keys?: readonly IndexKey[];
}

/** A WireGuard key of a host. */
export interface IndexKey {
  readonly device: string;
  readonly mesh: string;
  readonly member: string;
  readonly epoch: number;
  /** Where the user keeps the private key. @default - the host makes it */
  readonly directory?: string;
}

export const slotOf = ({ device, epoch }: IndexKey): string => keySlot(device, epoch);

/** What differs from what readers know anyway is all that the index says of a window. */
export function windowField(window: number): { readonly window?: number } {
  return window === DEFAULT_WINDOW ? {} : { window };
}

/** One line for each host and each shared file; what is undefined is left out. */
export function printIndex(index: IndexFile): string {
  return linesJson(index, 2);
}

export function parseIndex(text: string): IndexFile {
  let index: IndexFile | null;
  try {
    index = JSON.parse(text) as IndexFile | null;
  } catch (error) {
    throw new ContractError(`${INDEX} cannot be read (${(error as Error).message}): synthesize again`);
  }
  if (index?.schema === INDEX_SCHEMA) return { ...BARE, ...index };
  throw new ContractError(`${INDEX} has schema ${index?.schema}, this Netloom reads ${INDEX_SCHEMA}: synthesize again`);
}

const BARE = { stack: "", project: "../../..", hosts: {}, waves: [] } as const;

/** A file of a generation. */
export interface FileEntry {
  /** Hex sha256 of the content. */
  readonly sha256: string;
  /** Octal, e.g. `"0644"`. */
  readonly mode: string;
  /** How the agent puts it in place; `none` = it is for the agent itself. */
  readonly install: "link" | "copy" | "none";
}

const usualInstall = (path: string) => (path.startsWith("root/") ? "link" : "none");

export function printFileEntry(path: string, { sha256, mode, install }: FileEntry): string {
  return [sha256, ...(mode === "0644" ? [] : [mode]), ...(install === usualInstall(path) ? [] : [install])].join(" ");
}

export function parseFileEntry(path: string, words: string | undefined): FileEntry | undefined {
  const [, sha256, mode, install] = /^([0-9a-f]{64})(?: (0[0-7]{3}))?(?: (link|copy|none))?$/.exec(words ?? "") ?? [];
  if (sha256 === undefined) return undefined;
  return { sha256, mode: mode ?? "0644", install: (install as FileEntry["install"] | undefined) ?? usualInstall(path) };
}

/** A file with the place where it lies, from the stack's folder. */
export interface PlacedFile extends FileEntry {
  readonly place: string;
}

/** All files of a host, by path in its generation. */
export function filesOf(index: IndexFile, name: string): Readonly<Record<string, PlacedFile>> {
  const { files, shared = [] } = index.hosts[name]!;
  const placed = (path: string, words: string | undefined, place: string) => {
    const entry = parseFileEntry(path, words);
    if (entry !== undefined) return [path, { ...entry, place }] as const;
    throw new ContractError(`${INDEX} says nothing that can be read of ${place}: synthesize again`);
  };
  return Object.fromEntries([
    ...Object.entries(files).map(([path, words]) => placed(path, words, hostPlace(name, path))),
    ...shared.map((path) => placed(path, index.shared?.[path], sharedPlace(path))),
  ]);
}

/** The line of a generation's manifest for a file. */
export function manifestLine(path: string, { sha256, mode, install }: FileEntry): string {
  return `${sha256}\t${mode}\t${install}\t${path}\n`;
}
