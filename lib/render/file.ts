import { hash } from "node:crypto";
import type { FileEntry } from "../contract";

/** A file of a host's generation, by its path relative to the host's folder. */
export interface HostFile extends Omit<FileEntry, "sha256"> {
  readonly content: string;
  /**
   * The construct that says that the file is the same on every host that has it, so that it is written once, to the
   * stack. @default - it is the host's own
   */
  readonly shared?: string;
}

export type HostFiles = ReadonlyMap<string, HostFile>;

/** A file with its name by content. Every file is hashed once; checks, index and digest all say the same. */
export interface HashedFile extends HostFile, FileEntry {}

export type HashedFiles = ReadonlyMap<string, HashedFile>;

export function hashed(file: HostFile): HashedFile {
  return { ...file, sha256: sha256(file.content) };
}

/** Hex sha256 of a text. */
export function sha256(text: string): string {
  return hash("sha256", text, "hex");
}
