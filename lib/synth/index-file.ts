import { keySlot, linesJson } from "../render";
import type { CompiledHost, CompiledStack } from "./compile";

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
  const hosts = [...compiled.hosts].sort((a, b) => (a.resolved.name < b.resolved.name ? -1 : 1));
  const deployed = hosts.filter((host) => host.target !== undefined);
  const meshes = [...compiled.files.presharedKeyMeshes()];
  const index = {
    schema: INDEX_SCHEMA,
    stack: places.stack,
    project: places.project,
    lock: places.lock,
    hosts: Object.fromEntries(hosts.map((host) => [host.resolved.name, indexHost(host)])),
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

function indexHost(host: CompiledHost) {
  const files = [...host.generation].map(([path, { sha256, mode, install }]) => [path, { sha256, mode, install }]);
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
    ...(host.target === undefined ? {} : { target: Object.fromEntries(Object.entries(host.target).sort()) }),
    files: Object.fromEntries(files),
    ...(keys.length === 0 ? {} : { keys }),
  };
}
