import { AGENT_HOME } from "../../contract";
import { defineProblem } from "../../errors";
import { defineKind } from "./kind";
import { NAME_LENGTH } from "./words";

const FILE_MODE = defineProblem("NL-FILE-MODE", "A file has a text and an octal mode");
export const HOST_FILE_PATH = defineProblem(
  "NL-FILE-PATH",
  "Files of a host lie at absolute paths that Netloom may write",
);

/** A file on the host. */
export interface FileSettings {
  /** Text, written as it is. */
  readonly content: string;
  /** Octal mode. @default "0644" */
  readonly mode?: string;
  /**
   * `link`: the path becomes a link into the active generation, so that a reboot before confirmation is a rollback.
   * `copy`: for programs that refuse links. @default "link"
   */
  readonly install?: "link" | "copy";
  /** Only for hosts of this kind. @default - for all */
  readonly platform?: "linux" | "nixos";
}

export const FILE = defineKind({
  noun: "file",
  record({ origin }, path: string, settings: FileSettings) {
    return [[path, fileSettings(origin, path, settings)]];
  },
  effect: () => "none",
  show: ({ mode = "0644", content }) => ({ mode, bytes: Buffer.byteLength(content) }),
});

/** Characters of a path: an archive keeps 155 of what stands before the name, `root` included. */
const PATH_LENGTH = 150;
const FILE_PATH = /^(\/[A-Za-z0-9_.@:+-]+)+$/;

/** Paths below these belong to the machine, not to a generation that can be taken back. */
const FORBIDDEN_ROOTS = ["/proc", "/sys", "/dev", "/run", "/tmp", "/boot", AGENT_HOME];

function assertFilePath(path: string, file: string): void {
  const forbidden = FORBIDDEN_ROOTS.find((root) => file === root || file.startsWith(`${root}/`));
  const isShort = file.length <= PATH_LENGTH && file.slice(file.lastIndexOf("/") + 1).length <= NAME_LENGTH;
  if (FILE_PATH.test(file) && !/\/\.{1,2}(\/|$)/.test(file) && forbidden === undefined && isShort) return;
  throw HOST_FILE_PATH({
    path,
    what:
      forbidden === undefined
        ? isShort
          ? "not an absolute path of plain characters"
          : "a path that is too long for the archive in which a deploy carries it"
        : `${forbidden} is not a place that a deploy can take back`,
    value: file,
    allowed: `an absolute path of A-Z a-z 0-9 _ . @ : + - outside ${FORBIDDEN_ROOTS.join(" ")}, at most ${PATH_LENGTH} characters, the last name at most ${NAME_LENGTH}`,
    remedy: `"/etc/example.conf"`,
  });
}

/** The settings of a file as every reader has them: the mode has four digits. */
function fileSettings(path: string, file: string, settings: FileSettings): FileSettings {
  assertFilePath(path, file);
  if (typeof settings.content !== "string") {
    throw FILE_MODE({
      path,
      what: `${file} has no text`,
      value: settings.content,
      allowed: "text",
      remedy: `{ content: "…", mode: "0644" }`,
    });
  }
  return settings.mode === undefined ? settings : { ...settings, mode: fileMode(path, file, settings.mode) };
}

/** A mode in the one form that every reader takes: four octal digits, the first of them 0. */
export function fileMode(path: string, file: string, mode: string): string {
  if (/^0?[0-7]{3}$/.test(mode)) return mode.padStart(4, "0");
  throw FILE_MODE({
    path,
    what: `invalid mode of ${file}`,
    value: mode,
    allowed: "three octal digits, without set-id bits",
    remedy: `{ content: "…", mode: "0644" }`,
  });
}
