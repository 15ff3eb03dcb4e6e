import { readFileSync } from "node:fs";
import { stepClock } from "./clock";
import { damage } from "./damage";
import { starve } from "./disk";
import { BOUNDARIES, type Boundary, KILLS, strikeAt } from "./kills";
import { lie } from "./liar";
import { Session, Unhealed } from "./session";
import type { Job } from "./jobs";
import type { ApplierName } from "./scenario";
import { numbers, type Row } from "./table";

/** Runs inside the lab: in-lab.ts APPLIER JOBS-FILE. Prints a line `row {…}` and a line `done` for each fault. */
const applier = process.argv[2] as ApplierName;
const until = Number(process.env["NETLOOM_FAULTS_UNTIL"] ?? Number.POSITIVE_INFINITY);
const jobs = JSON.parse(readFileSync(process.argv[3]!, "utf8")) as readonly Job[];

async function run(session: Session, job: Job): Promise<Row | undefined> {
  const random = numbers(job.seed);
  const title = { part: job.part, fault: job.fault, moment: job.moment };
  switch (job.part) {
    case "kills": {
      const moment = BOUNDARIES.includes(job.moment as Boundary) ? (job.moment as Boundary) : random() * session.usual;
      return session.trial(title, (trial) => strikeAt(trial, KILLS[job.fault]!, job.fault, moment, random));
    }
    case "lies":
      return lie(session, title);
    case "damage":
      return damage(session, title);
    case "disks":
      return starve(session, title);
    case "clocks":
      return stepClock(session, title);
  }
}

async function main(): Promise<void> {
  // Where a host may lose its keys, those that come again have to be the same for hosts to look the same.
  const session = new Session(applier, jobs.some(({ part }) => part === "damage") ? "deployer" : "host");
  await session.start();
  console.log(`note   ${applier}: a deploy without a fault takes ${session.usual.toFixed(1)} s`);
  for (const [i, job] of jobs.entries()) {
    if (Date.now() > until) {
      console.log(`note   ${applier}: ${jobs.length - i} faults were not tried, since the time was over`);
      break;
    }
    const began = Date.now();
    try {
      const row = await run(session, job);
      const seconds = (Date.now() - began) / 1000;
      if (row === undefined) console.log(`note   ${applier}: ${job.fault}, ${job.moment}: nothing was there to be hit`);
      else console.log(`row ${JSON.stringify({ ...row, seconds })}`);
      console.log("done");
    } catch (error) {
      const complaints = error instanceof Unhealed ? error.complaints : [(error as Error).message];
      const row: Row = { ...job, applier, hosts: "mixture", silent: false, healedBy: 0, complaints };
      console.log(`row ${JSON.stringify(row)}`);
      console.log("done");
      return process.exit(1);
    }
  }
  process.exit(0);
}

void main();
