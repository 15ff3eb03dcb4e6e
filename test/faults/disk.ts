import { onHost } from "../e2e/harness";
import type { Fault } from "./jobs";
import { arrives, type Boundary } from "./kills";
import type { Session, Struck, Title, Trial } from "./session";

const HOST = "h2";
/** Where the agent writes: its state, its run-time state, and a directory that it installs files into. */
const PLACES = ["/var/lib/netloom", "/run/netloom", "/etc/netloom-faults"];
/** Free pages of 4 KiB: each number lets another write be the first that fails. */
const FREE = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55];
const READ_ONLY = [
  ...PLACES,
  "/var/lib/netloom/gen",
  "/var/lib/netloom/original",
  "/var/lib/netloom/keys",
  "/etc",
  "/run",
  "/tmp",
];

/** Everything about disks: each place with every other number of pages first. */
export const DISKS: readonly Fault[] = [
  ...PLACES.flatMap((place) =>
    ["the start", "activated"].flatMap((moment, m) => [
      ...FREE.map((pages, i) => ({
        fault: `disk full: ${place}`,
        moment: `${moment}, ${pages} pages free`,
        round: (i + m) % 2,
      })),
      ...FREE.slice(0, 4).map((files, i) => ({
        fault: `no inodes: ${place}`,
        moment: `${moment}, ${files} free`,
        round: (i + m) % 2,
      })),
    ]),
  ),
  ...READ_ONLY.flatMap((place) =>
    ["the start", "activated"].map((moment) => ({ fault: `read-only: ${place}`, moment })),
  ),
];

/** A file system of its own for a directory, with what was in it and room for little else. */
function shrink(place: string, what: "pages" | "inodes", free: number): void {
  onHost(
    HOST,
    "sh",
    "-c",
    `set -e
    place=$1
    mkdir -p "$place" /tmp/small
    mount -t tmpfs small /tmp/small
    cp -a "$place/." /tmp/small/
    chmod --reference="$place" /tmp/small
    blocks=$(stat -f -c '%b %f' /tmp/small | awk '{ print $1 - $2 }')
    inodes=$(stat -f -c '%c %d' /tmp/small | awk '{ print $1 - $2 }')
    if [ "$2" = pages ]; then mount -o remount,nr_blocks=$((blocks + $3)) /tmp/small
    else mount -o remount,nr_inodes=$((inodes + $3)) /tmp/small; fi
    mount --move /tmp/small "$place"`,
    "sh",
    place,
    what,
    String(free),
  );
}

/** The directory is on its old disk again, with what is in it now. */
function widen(place: string): void {
  const script = `set -e
    mountpoint -q "$1" || exit 0
    mkdir /tmp/kept && mount -t tmpfs kept /tmp/kept && cp -a "$1/." /tmp/kept/
    umount "$1"
    find "$1" -mindepth 1 -delete
    cp -a /tmp/kept/. "$1/"
    umount /tmp/kept && rmdir /tmp/kept`;
  onHost(HOST, "sh", "-c", script, "sh", place);
}

function freeze(place: string): void {
  onHost(HOST, "sh", "-c", 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"', "sh", place);
}

/** A deploy to a host that has no room, or may not write, from a moment on. */
export function starve(session: Session, title: Title) {
  return session.trial(title, async (trial: Trial): Promise<Struck> => {
    const [kind, place] = title.fault.split(": ") as [string, string];
    const free = Number(/(\d+) (pages )?free/.exec(title.moment)?.[1] ?? 0);
    const strike = () => {
      if (kind === "read-only") freeze(place);
      else shrink(place, kind === "disk full" ? "pages" : "inodes", free);
    };
    const undo = () => (kind === "read-only" ? void onHost(HOST, "umount", "-l", place) : widen(place));
    const [moment] = title.moment.split(",") as [string];
    if (moment === "the start") strike();
    const run = trial.fleet.apply();
    const missed = moment !== "the start" && !(await arrives(moment as Boundary, trial, run));
    if (moment !== "the start" && !missed) strike();
    const ended = await run.done;
    const complaints = ended.code !== 0 && !ended.output.includes(HOST) ? [`a failure that does not name ${HOST}`] : [];
    // A host that cannot write its own state cannot revert either: the cause goes before the window's end is judged.
    return { run, missed, complaints, undoBeforeSettling: missed ? undefined : undo };
  });
}
