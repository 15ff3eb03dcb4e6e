import { TABLES } from "../contract";
import { defineProblem } from "../errors";
import { type HashedFile, type HashedFiles, hashed } from "../render";
import type { StackFiles } from "./stack-files";
import { refuseTokens } from "./tokens";

const SHARED_FILE = defineProblem("NL-SHARED-FILE", "A shared file is the same on all hosts");

/**
 * Files that hosts have in common, by their path in a generation. They are written once: peer tables where the mesh
 * put them, all others below `shared/`. That files are shared is said by whoever makes them, not found out by
 * comparing, so that a change of one host never moves the files of another.
 */
export class SharedFiles {
  private readonly files = new Map<string, HashedFile>();

  /** Begins with the peer tables of a stack. */
  constructor(stack: StackFiles) {
    for (const [path, { content, mode, origin }] of stack.entries()) {
      if (path.startsWith(TABLES)) this.files.set(path, hashed({ content, mode, install: "none", shared: origin }));
    }
  }

  /** The table of a WireGuard device. */
  table(name: string): readonly [path: string, file: HashedFile] {
    return [`${TABLES}${name}`, this.files.get(`${TABLES}${name}`)!];
  }

  /** Adds the shared files among those of a host. Throws when another host has another text there. */
  add(files: HashedFiles): void {
    for (const [path, file] of files) {
      if (file.shared === undefined) continue;
      const other = this.files.get(path);
      if (other === undefined) {
        refuseTokens(file.shared, path, file.content);
        this.files.set(path, file);
      } else if (other.sha256 !== file.sha256 || other.mode !== file.mode || other.install !== file.install) {
        throw SHARED_FILE({
          path: file.shared,
          others: [other.shared!],
          what: "two constructs share one file among their hosts, and do not mean the same text",
          value: path.replace(/^root/, ""),
          allowed: "one text for all hosts that share it",
          remedy: "another name for one of the two, or a file of each host's own (without shared: true)",
        });
      }
    }
  }

  /** Everything that is shared, sorted by path. */
  entries(): readonly (readonly [path: string, file: HashedFile])[] {
    return [...this.files].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
