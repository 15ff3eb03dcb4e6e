import { manifestLine } from "../contract";
import type { ResolvedHost } from "../host";
import { type HashedFiles, sha256 } from "../render";

/**
 * Names a generation: sha256 over the list of everything that reaches the host (paths, modes, hashes), and nothing
 * else: not `settings.json`, which stays behind, and not the keys that hosts make themselves, which stand as placeholders.
 */
export function hostDigest(host: ResolvedHost, generation: HashedFiles): string {
  const lines = [...generation].map(([path, file]) => manifestLine(path, file));
  return sha256(`netloom-generation 2\n${host.name}\n${host.platform.kind}\n${lines.join("")}`);
}
