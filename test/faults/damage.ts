import { onHost } from "../e2e/harness";
import type { Fault } from "./jobs";
import { arrives, KILLS } from "./kills";
import { badManners, lastWords, type Session, type Struck, type Title, type Trial } from "./session";
import type { Row } from "./table";

const HOST = "h2";
/** The agent's state on a host by what it is for; G is the committed generation, P the one that waits for confirmation. */
const FILES = [
  "agent",
  "checks.sh",
  "committed",
  "wanted",
  "installed",
  "log",
  "keys/wg0.1",
  "original/live",
  "original/directories",
  "gen/G/manifest",
  "gen/G/plan",
  "gen/G/verify",
  "gen/G/root/etc/netloom-faults/linked.conf",
  "gen/G/filled/wg0.peers",
  "gen/G",
  "",
] as const;
const IN_WINDOW = [
  "gen/P/plan",
  "gen/P/manifest",
  "gen/P/verify",
  "/run/netloom/snapshot/live",
  "/run/netloom/pending",
  "/run/netloom/phase",
  "/run/netloom/deadline",
  "/run/netloom/active",
];
const HOWS = ["emptied", "truncated", "swapped", "removed"] as const;
type How = (typeof HOWS)[number];
const MOMENTS = ["before a deploy", "in the window", "before a revert", "before a withdrawal"] as const;

const nameOf = (file: string) => (file === "" ? "all of it" : file);

/** Everything that can be damaged, and when: each file in each way once, at one of the moments, and then at the others. */
export const DAMAGES: readonly Fault[] = [
  ...FILES.map((file) => [file, MOMENTS] as const),
  ...IN_WINDOW.map((file) => [file, MOMENTS.slice(1, 3)] as const),
].flatMap(([file, moments], f) =>
  HOWS.filter((how) => how === "removed" || !["gen/G", ""].includes(file)).flatMap((how, h) =>
    moments.map((moment, m) => ({
      fault: `state ${how} ${moment}`,
      moment: nameOf(file),
      round: (f + h + m) % moments.length,
    })),
  ),
);

/** Damages one file as a power cut, a bad disk or a careless hand would. Says what was there to be damaged. */
function harm(file: string, how: How): string {
  const script = `set -e
    cd /var/lib/netloom
    G=gen/$(basename "$(readlink committed)")
    P=gen/$(cat /run/netloom/pending 2>/dev/null || :)
    f=$(printf '%s' "$1" | sed "s,gen/G,$G,; s,gen/P,$P,")
    # The peer table has the name that its mesh gave it.
    case $f in */wg0.peers) f=$(find "$G/filled" -type f | head -n 1) ;; esac
    [ -n "$f" ] || { rm -rf /var/lib/netloom; echo gone; exit; }
    [ -e "$f" ] || [ -L "$f" ] || { echo absent; exit; }
    case $2 in
    removed) rm -rf "$f" ;;
    emptied) if [ -L "$f" ]; then rm "$f"; : >"$f"; else : >"$f"; fi ;;
    truncated)
      if [ -L "$f" ]; then t=$(readlink "$f"); rm "$f"; ln -s "$(printf %.20s "$t")" "$f"
      else truncate -s $(($(stat -c %s "$f") / 2)) "$f"; fi ;;
    swapped)
      o=$G/plan; [ "$f" != "$o" ] || o=$G/verify
      if [ -L "$f" ]; then rm "$f"; ln -s gen/empty "$f"
      else cp -p "$f" /tmp/swap; cat "$o" >"$f"; cat /tmp/swap >"$o"; rm /tmp/swap; fi ;;
    esac
    echo "$2"`;
  return onHost(HOST, "sh", "-c", script, "sh", file, how);
}

/** Damages one host's state at the moment that the title names. */
export async function damage(session: Session, title: Title): Promise<Row | undefined> {
  const [, how, moment] = /^state (\w+) (.*)$/.exec(title.fault)! as unknown as [string, How, (typeof MOMENTS)[number]];
  const file = title.moment === nameOf("") ? "" : title.moment;
  if (moment === "before a withdrawal") return withdrawn(session, title, () => harm(file, how));
  return session.trial({ ...title, mayBeHarmed: HOST }, async (trial: Trial): Promise<Struck> => {
    let done = "absent";
    if (moment === "before a deploy") done = harm(file, how);
    const run = trial.fleet.apply();
    if (moment !== "before a deploy" && (await arrives("activated", trial, run))) {
      done = harm(file, how);
      if (moment === "before a revert") KILLS["deploying machine, power cut"]!(trial.fleet, () => 0);
    }
    const ended = await run.done;
    const quiet = ended.code > 0 && !ended.output.includes(HOST);
    return { run, missed: done === "absent", complaints: quiet ? [`a failure that does not name ${HOST}`] : [] };
  });
}

/** What an agent says of things that it cannot put back. */
const TOLD = /damaged|unknown|cannot be (put|restored|read)|not (restored|put back)|missing/i;

/**
 * Takes everything back from a host whose state is damaged. It becomes what it was (`old`), or says what it could not
 * put back (`some old, some new`), or refuses and stays as it is (`new`).
 */
async function withdrawn(session: Session, title: Title, strike: () => string): Promise<Row | undefined> {
  const { fleet, current } = session;
  const done = strike();
  const ran = await fleet.runner("withdraw", HOST).done;
  const complaints = badManners(ran);
  const stand = session.standing(HOST, current, "virgin");
  let hosts: Row["hosts"] = stand.verdict === "old" ? "new" : stand.verdict === "new" ? "old" : "mixture";
  if (hosts === "mixture" && TOLD.test(ran.output)) hosts = "some old, some new";
  if (hosts === "mixture") complaints.push(`${stand.detail}; said: ${lastWords(ran.output)}`);
  if (hosts === "new" && ran.code === 0)
    complaints.push("withdraw says that all is well, and the host is as deployed as before");
  const healed = await fleet.recommit();
  const isBack = fleet.hosts.every((host) => session.standing(host, "virgin", current).verdict === "new");
  if (!isBack) complaints.push(`the next deploy: status ${healed.code}: ${lastWords(healed.output)}`);
  if (!isBack) await session.reset();
  if (done === "absent") return undefined;
  return {
    ...title,
    applier: fleet.applier,
    hosts,
    silent: false,
    healedBy: isBack && healed.code === 0 ? 1 : 0,
    complaints,
  };
}
