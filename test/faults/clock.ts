import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onHost } from "../e2e/harness";
import type { Fault } from "./jobs";
import { arrives, type Boundary } from "./kills";
import type { Session, Struck, Title, Trial } from "./session";

const HOST = "h2";
const STEPS = {
  "an hour on": 3600,
  "an hour back": -3600,
  "ten years on": 315_360_000,
  "to 1970": -1_800_000_000,
} as const;
const MOMENTS: readonly Boundary[] = ["staged", "activated", "pair checks"];

/**
 * The hosts of a lab share one clock, so it is not the clock that is set, but what programs take for it: `date` on a
 * host, `Date` in the runner. Uptime, which windows go by, is the kernel's and has no step.
 */
export const CLOCKS: readonly Fault[] = Object.keys(STEPS).flatMap((step) =>
  MOMENTS.flatMap((moment) => [
    { fault: `a host's clock steps ${step}`, moment },
    { fault: `the deploying machine's clock steps ${step}`, moment },
  ]),
);

/** Preloaded into the runner: its clock jumps as soon as a file says by how much. */
const SHIFT = `
const { readFileSync } = require("node:fs");
const real = Date.now.bind(Date);
const shift = () => { try { return Number(readFileSync(process.env.FAULTS_CLOCK, "utf8")) * 1000; } catch { return 0; } };
Date.now = () => real() + shift();
`;

export function stepClock(session: Session, title: Title) {
  return session.trial(title, async (trial: Trial): Promise<Struck> => {
    const { fleet } = trial;
    const [, who, step] = /^(a host|the deploying machine)'s clock steps (.*)$/.exec(title.fault)!;
    const seconds = STEPS[step as keyof typeof STEPS];
    const [preload, file] = [join(fleet.directory, "clock.cjs"), join(fleet.directory, "clock")];
    writeFileSync(preload, SHIFT);
    writeFileSync(file, "0");
    const run = fleet.apply({ NODE_OPTIONS: `--require=${preload}`, FAULTS_CLOCK: file });
    const missed = !(await arrives(title.moment as Boundary, trial, run));
    if (!missed && who === "a host") shiftDate(seconds);
    else writeFileSync(file, String(seconds));
    return {
      run,
      missed,
      undo: () => (missed || who !== "a host" ? undefined : void onHost(HOST, "umount", "/usr/bin/date")),
    };
  });
}

function shiftDate(seconds: number): void {
  const script = `cp /usr/bin/date /run/date
    printf '#!/bin/sh\\\\ncase "$*" in *+%%s*) echo $(($(/run/date +%%s) + %s)) ;; *) exec /run/date -d "$(($(/run/date +%%s) + %s)) seconds 1970-01-01 UTC" "$@" ;; esac\\\\n' "$1" "$1" >/run/date.shifted
    chmod +x /run/date.shifted
    mount --bind /run/date.shifted /usr/bin/date`;
  onHost(HOST, "sh", "-c", script, "sh", String(seconds));
}
