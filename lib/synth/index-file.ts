import { keySlot } from "../render";
import type { CompiledHost, CompiledStack } from "./compile";
import { sha256, stableJson } from "./lock";

/** Version of `netloom.json`; a higher one means that older readers must refuse it. */
export const INDEX_SCHEMA = 1;

/** What the index says about where things lie. */
export interface IndexPlaces {
  readonly stack: string;
  /** From the stack's folder to the project, with forward slashes. */
  readonly project: string;
  /** Names of the waves, first to last. */
  readonly waves: readonly string[];
  /** The lock file, relative to the project. */
  readonly lock: string;
}

/** `netloom.json`: what the deploy reads, and what users' tools may read. `files` are all that belong to no single host. */
export function renderIndex(compiled: CompiledStack, places: IndexPlaces, files: readonly string[]): string {
  const digests = sharedDigests(compiled);
  const hosts = compiled.hosts.map((host) => [host.resolved.name, indexHost(host, digests)] as const);
  const deployed = compiled.hosts.filter((host) => host.target !== undefined);
  const meshes = [...compiled.files.presharedKeyMeshes()];
  return stableJson({
    schema: INDEX_SCHEMA,
    stack: places.stack,
    project: places.project,
    lock: places.lock,
    hosts: Object.fromEntries(hosts),
    ...(meshes.length === 0
      ? {}
      : { wireguard: Object.fromEntries(meshes.map(([mesh, secret]) => [mesh, { presharedKeys: { secret } }])) }),
    waves: places.waves
      .map((name) => ({
        name,
        hosts: deployed
          .filter((h) => h.wave === name)
          .map((h) => h.resolved.name)
          .sort(),
      }))
      .filter((wave) => wave.hosts.length > 0),
    files,
  });
}

/** Shared files are hashed once, not once per host. */
function sharedDigests(compiled: CompiledStack): ReadonlyMap<string, string> {
  const paths = new Set(compiled.hosts.flatMap((host) => host.shared));
  return new Map([...paths].map((path) => [path, sha256(compiled.files.get(path)?.content ?? "")]));
}

function indexHost(host: CompiledHost, shared: ReadonlyMap<string, string>) {
  const own = [...host.files]
    .filter(([path]) => path !== "settings.json")
    .map(([path, file]) => [path, { sha256: sha256(file.content), mode: file.mode, install: file.install }] as const);
  const common = host.shared.map(
    (path) => [path, { sha256: shared.get(path), mode: "0644", install: "none" }] as const,
  );
  const keys = host.resolved.wireguard.map(({ value: device }) => ({
    slot: keySlot(device.device, device.keyEpoch),
    device: device.device,
    mesh: device.mesh,
    member: device.member,
    epoch: device.keyEpoch,
    ...(device.keyDirectory === undefined
      ? { source: "host" }
      : { source: "directory", directory: device.keyDirectory }),
  }));
  return {
    path: host.resolved.path,
    platform: host.resolved.platform.kind,
    digest: host.digest,
    wave: host.wave,
    window: host.window,
    ...(host.target === undefined ? {} : { target: host.target }),
    files: Object.fromEntries([...own, ...common]),
    ...(keys.length === 0 ? {} : { keys }),
  };
}
