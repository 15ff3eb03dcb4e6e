import { formatFailure, type HostFailure } from "./failure";

/** Where the operator watches; a pipe that nobody reads gets results only. */
const chatty =
  process.stderr.isTTY === true || (process.env["CI"] ?? "") !== "" || process.env["NETLOOM_PROGRESS"] === "1";
const started = Date.now();

/** A step that goes on, on standard error. */
export function progress(text: string): void {
  if (chatty) process.stderr.write(`netloom ${((Date.now() - started) / 1000).toFixed(1)}s: ${text}\n`);
}

/** Something the operator has to know even when all goes well. */
export function notice(text: string): void {
  process.stderr.write(`netloom: ${text}\n`);
}

export function result(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function failures(list: readonly HostFailure[]): void {
  for (const failure of list) process.stderr.write(`${formatFailure(failure)}\n`);
}
