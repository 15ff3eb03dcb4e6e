import { readFileSync } from "node:fs";
import { BOUNDARIES, type Boundary, KILLS, strikeAt } from "./kills";
import { Session, Unhealed } from "./session";
import type { Job } from "./jobs";
import type { ApplierName } from "./scenario";
import { numbers, type Row } from "./table";

/** Runs inside the lab: in-lab.ts APPLIER JOBS-FILE. Prints a line `row {…}` for each fault. */
const applier = process.argv[2] as ApplierName;
const jobs = JSON.parse(readFileSync(process.argv[3]!, "utf8")) as readonly Job[];

async function run(session: Session, job: Job): Promise<Row | undefined> {
  const random = numbers(job.seed);
  const title = { part: job.part, fault: job.fault, moment: job.moment };
  switch (job.part) {
    case "kills": {
      const moment = BOUNDARIES.includes(job.moment as Boundary) ? (job.moment as Boundary) : random() * session.usual;
      return session.trial(title, (trial) => strikeAt(trial, KILLS[job.fault]!, job.fault, moment, random));
    }
    default:
      throw new Error(`unknown part ${job.part}`);
  }
}

async function freshSession(): Promise<Session> {
  const session = new Session(applier);
  await session.start();
  console.log(`note ${applier}: a deploy without a fault takes ${session.usual.toFixed(1)} s`);
  return session;
}

async function main(): Promise<void> {
  const session = await freshSession();
  for (const job of jobs) {
    const began = Date.now();
    try {
      const row = await run(session, job);
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      if (row === undefined)
        console.log(`note ${applier}: ${job.fault}, ${job.moment}: the deploy was over before it (${seconds} s)`);
      else console.log(`row ${JSON.stringify({ ...row, seconds })}`);
    } catch (error) {
      const complaints = error instanceof Unhealed ? error.complaints : [(error as Error).message];
      const row: Row = { ...job, applier, hosts: "mixture", silent: false, healedBy: 0, complaints };
      console.log(`row ${JSON.stringify(row)}`);
      return process.exit(1);
    }
  }
  process.exit(0);
}

void main();
