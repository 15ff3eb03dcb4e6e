import { createHash } from "node:crypto";
import type { ResolvedHost } from "../host";
import type { HostFiles } from "../render";
import type { StackFiles } from "./stack-files";

/**
 * Names a generation: sha256 over everything that reaches the host (paths, modes, lengths, bytes), and nothing else:
 * not `settings.json`, which stays behind, and not the keys that hosts make themselves, which stand as placeholders.
 */
export function hostDigest(host: ResolvedHost, own: HostFiles, shared: readonly string[], files: StackFiles): string {
  const hash = createHash("sha256");
  hash.update(`netloom-generation 1\n${host.name}\n${host.platform.kind}\n`);
  for (const [path, file] of [...own].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\n${file.mode} ${file.install} ${Buffer.byteLength(file.content)}\n`);
    hash.update(file.content);
  }
  for (const path of shared) {
    const content = files.get(path)?.content ?? "";
    hash.update(`${path}\n${Buffer.byteLength(content)}\n`);
    hash.update(content);
  }
  return hash.digest("hex");
}
