import { HOST_FILE_PATH } from "../host/kinds/file";

/** A path in a generation: names of plain characters. */
const PATH = /^[A-Za-z0-9_.@:+-]+(\/[A-Za-z0-9_.@:+-]+)*$/;
/** Bytes that ustar, which brings generations to hosts, keeps of a name and of the directories above it. */
const NAME = 100;
const DIRECTORIES = 155;

/**
 * Refuses a path that cannot be written below the stack's folder or brought to a host, whatever made it: one that leads
 * outside, or that is too long.
 */
export function assertGenerationPath(origin: string, path: string): void {
  if (PATH.test(path) && !/(^|\/)\.{1,2}(\/|$)/.test(path) && fits(path)) return;
  throw HOST_FILE_PATH({
    path: origin,
    what: fits(path) ? "not a path that a generation can have" : "the path is too long to be brought to a host",
    value: path,
    allowed: `A-Z a-z 0-9 _ . @ : + - below the generation; names of at most ${NAME} characters, below directories of at most ${DIRECTORIES} in all`,
    remedy: "a shorter name of plain characters",
  });
}

function fits(path: string): boolean {
  if (path.length <= NAME) return true;
  const slashes = [...path.matchAll(/\//g)].map(({ index }) => index);
  return slashes.some((slash) => slash <= DIRECTORIES && path.length - slash - 1 <= NAME);
}
