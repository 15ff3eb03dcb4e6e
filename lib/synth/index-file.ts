import {
  printFileEntry,
  printIndex,
  INDEX_SCHEMA,
  type IndexFile,
  type IndexHost,
  type TargetSpec,
  windowField,
} from "../contract";
import type { CompiledHost, CompiledStack } from "./compile";

/** What the index says beside hosts and files. */
export interface IndexPlaces extends Required<Pick<IndexFile, "stack" | "project" | "lock" | "installPackages">> {
  /** Names of the waves, first to last. */
  readonly waves: readonly string[];
}

/** `files` are all that belong to no single host. */
export function renderIndex(compiled: CompiledStack, places: IndexPlaces, files: readonly string[]): string {
  const hosts = [...compiled.hosts].sort((a, b) => (a.resolved.name < b.resolved.name ? -1 : 1));
  const deployed = hosts.filter((host) => host.target !== undefined);
  const meshes = [...compiled.files.presharedKeyMeshes()];
  const used = new Set(hosts.flatMap((host) => [...host.generation.keys()]));
  const shared = compiled.shared.entries().filter(([path]) => used.has(path));
  return printIndex({
    schema: INDEX_SCHEMA,
    stack: places.stack,
    project: places.project,
    lock: places.lock,
    ...(places.installPackages ? {} : { installPackages: false }),
    hosts: Object.fromEntries(hosts.map((host) => [host.resolved.name, indexHost(host)])),
    ...(shared.length === 0
      ? {}
      : { shared: Object.fromEntries(shared.map(([path, file]) => [path, printFileEntry(path, file)])) }),
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
  });
}

function indexHost({ resolved, digest, window, target, generation }: CompiledHost): IndexHost {
  const own = [...generation].filter(([, file]) => file.shared === undefined);
  const shared = [...generation].filter(([, file]) => file.shared !== undefined).map(([path]) => path);
  const keys = resolved.wireguard.map(({ value: device }) => ({
    device: device.device,
    mesh: device.mesh,
    member: device.member,
    epoch: device.keyEpoch,
    ...(device.keyDirectory === undefined ? {} : { directory: device.keyDirectory }),
  }));
  return {
    path: resolved.path,
    platform: resolved.platform.kind,
    digest,
    ...windowField(window),
    ...(target === undefined
      ? {}
      : { target: Object.fromEntries(Object.entries(target).sort()) as unknown as TargetSpec }),
    files: Object.fromEntries(own.map(([path, file]) => [path, printFileEntry(path, file)])),
    ...(shared.length === 0 ? {} : { shared }),
    ...(keys.length === 0 ? {} : { keys }),
  };
}
