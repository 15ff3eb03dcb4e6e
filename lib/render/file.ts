/** A file of a host's generation, by its path relative to the host's folder. */
export interface HostFile {
  readonly content: string;
  /** Octal, e.g. `"0644"`. */
  readonly mode: string;
  /** How the agent puts it in place; `none` = it is for the agent itself. */
  readonly install: "link" | "copy" | "none";
}

export type HostFiles = ReadonlyMap<string, HostFile>;
