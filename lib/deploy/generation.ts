import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type FileEntry, manifestLine, TABLES } from "../contract";
import { DeployError } from "./failure";
import type { HostEntry } from "./index-file";
import type { ArchiveFile } from "./tar";

/** The files that make up the generation of a host, as synth wrote them; each is checked against the index. */
export function generationFiles(directory: string, host: HostEntry): ArchiveFile[] {
  const files: ArchiveFile[] = [];
  const manifest: string[] = [];
  const add = (path: string, content: Buffer, entry: Pick<FileEntry, "mode" | "install">) => {
    files.push({ path, content, mode: entry.mode });
    manifest.push(manifestLine(path, { ...entry, sha256: sha256(content) }));
  };
  for (const [path, entry] of Object.entries(host.files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const place = join(directory, entry.place);
    const content = readFileSync(place);
    if (sha256(content) !== entry.sha256) {
      throw new DeployError(
        `${place} is not what netloom.json says (it was changed by hand, or a synth was interrupted): synthesize again`,
      );
    }
    add(path, content, entry);
  }
  add("platform", Buffer.from(`${host.platform}\n`), { mode: "0644", install: "none" });
  add("agent.sh", readFileSync(join(directory, "agent.sh")), { mode: "0755", install: "none" });
  add("checks.sh", readFileSync(join(directory, "checks.sh")), { mode: "0644", install: "none" });
  files.push({ path: "manifest", content: Buffer.from(manifest.join("")), mode: "0644" });
  return files;
}

/** The peer tables of a host, with their placeholders, by name below `wireguard/`. */
export function peerTables(directory: string, host: HostEntry): Map<string, string> {
  const tables = Object.entries(host.files).filter(([path]) => path.startsWith(TABLES));
  return new Map(
    tables.sort().map(([path, { place }]) => [path.slice(TABLES.length), readFileSync(join(directory, place), "utf8")]),
  );
}

/** Names what is on the host: the digest, and the filled tables where there are any, since keys are not in the digest. */
export function generationId(digest: string, filled: ReadonlyMap<string, string>): string {
  if (filled.size === 0) return digest;
  const hash = createHash("sha256");
  for (const [name, text] of filled) hash.update(`${name}\0${text}\0`);
  return `${digest}-${hash.digest("hex").slice(0, 12)}`;
}

function sha256(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}
