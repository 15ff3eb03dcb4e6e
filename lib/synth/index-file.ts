import { type HashedFile, linesJson } from "../render";
import type { CompiledHost, CompiledStack } from "./compile";

/** Version of `netloom.json`; a higher one means that older readers must refuse it. */
const INDEX_SCHEMA = 2;

/** Seconds that a host waits for its confirmation where the index does not say it. */
const DEFAULT_WINDOW = 120;

/** The window of a host as a field of an entry, of which there is one for each host. */
export function windowField(window: number): { readonly window?: number } {
  return window === DEFAULT_WINDOW ? {} : { window };
}

/** What the index says about where things lie. */
export interface IndexPlaces {
  readonly stack: string;
  /** From the stack's folder to the project, with forward slashes. */
  readonly project: string;
  /** Names of the waves, first to last. */
  readonly waves: readonly string[];
  /** The lock file, relative to the project. */
  readonly lock: string;
  readonly installPackages: boolean;
}

/**
 * `netloom.json`: what the deploy reads, and what users' tools may read; `lib/agent/README.md`, section 1. `files` are
 * all that belong to no single host. It has an entry for every host, so what readers know anyway is left out.
 */
export function renderIndex(compiled: CompiledStack, places: IndexPlaces, files: readonly string[]): string {
  const hosts = [...compiled.hosts].sort((a, b) => (a.resolved.name < b.resolved.name ? -1 : 1));
  const deployed = hosts.filter((host) => host.target !== undefined);
  const meshes = [...compiled.files.presharedKeyMeshes()];
  const used = new Set(hosts.flatMap((host) => [...host.generation.keys()]));
  const shared = compiled.shared.entries().filter(([path]) => used.has(path));
  const index = {
    schema: INDEX_SCHEMA,
    stack: places.stack,
    project: places.project,
    lock: places.lock,
    ...(places.installPackages ? {} : { installPackages: false }),
    hosts: Object.fromEntries(hosts.map((host) => [host.resolved.name, indexHost(host)])),
    ...(shared.length === 0
      ? {}
      : { shared: Object.fromEntries(shared.map(([path, file]) => [path, fileWords(path, file)])) }),
    ...(meshes.length === 0
      ? {}
      : { wireguard: Object.fromEntries(meshes.map(([mesh, secret]) => [mesh, { presharedKeys: { secret } }])) }),
    waves: places.waves
      .map((name) => ({
        name,
        hosts: deployed.filter((h) => h.wave === name).map((h) => h.resolved.name),
      }))
      .filter((wave) => wave.hosts.length > 0),
    files,
  };
  return linesJson(index, 2);
}

function indexHost({ resolved, digest, window, target, generation }: CompiledHost) {
  const own = [...generation].filter(([, file]) => file.shared === undefined);
  const shared = [...generation].filter(([, file]) => file.shared !== undefined).map(([path]) => path);
  const keys = resolved.wireguard.map(({ value: device }) => ({
    device: device.device,
    mesh: device.mesh,
    member: device.member,
    epoch: device.keyEpoch,
    directory: device.keyDirectory,
  }));
  return {
    path: resolved.path,
    platform: resolved.platform.kind,
    digest,
    ...windowField(window),
    ...(target === undefined ? {} : { target: Object.fromEntries(Object.entries(target).sort()) }),
    files: Object.fromEntries(own.map(([path, file]) => [path, fileWords(path, file)])),
    ...(shared.length === 0 ? {} : { shared }),
    ...(keys.length === 0 ? {} : { keys }),
  };
}

/** The hash of a file, then what is not as it mostly is: its mode, and how it is installed. */
function fileWords(path: string, { sha256, mode, install }: HashedFile): string {
  const usual = path.startsWith("root/") ? "link" : "none";
  return [sha256, ...(mode === "0644" ? [] : [mode]), ...(install === usual ? [] : [install])].join(" ");
}
