import { closeSync, openSync } from "node:fs";

/** Where somebody watches; a pipe that nobody reads gets results only. */
const watched = isWatched(process.env["NETLOOM_PROGRESS"]);
const started = Date.now();

/** Terraform hands us a pipe, so a terminal is looked for beyond standard error. A log of CI is read as well. */
function isWatched(wish: string | undefined): boolean {
  if (wish !== undefined && wish !== "") return wish !== "0";
  if (process.stderr.isTTY === true || (process.env["CI"] ?? "") !== "") return true;
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

/** A step that goes on, on standard error. */
export function progress(text: string): void {
  if (watched) process.stderr.write(`netloom ${((Date.now() - started) / 1000).toFixed(1)}s: ${text}\n`);
}

/** Milliseconds between two lines of a {@link Ticker}. */
const TICK = 3000;

/** Says how far a step on many hosts has come, every few seconds. */
export class Ticker {
  private readonly step: string;
  private readonly total: number;
  private count = 0;
  private said = Date.now();

  constructor(step: string, total: number) {
    this.step = step;
    this.total = total;
  }

  done(): void {
    this.count++;
    if (this.count === this.total || Date.now() - this.said < TICK) return;
    this.said = Date.now();
    progress(`${this.step}: ${this.count} of ${this.total} hosts`);
  }
}

/** Something the operator has to know even when all goes well. */
export function notice(text: string): void {
  process.stderr.write(`netloom: ${text}\n`);
}

export function result(text: string): void {
  process.stdout.write(`${text}\n`);
}
