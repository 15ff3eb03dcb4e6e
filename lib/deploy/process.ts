import { spawn } from "node:child_process";

/** How a program ended. */
export interface Finished {
  /** Exit status; -1 when it did not run or was stopped. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface RunOptions {
  readonly input?: Buffer | string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds until the program is killed. */
  readonly timeout?: number;
}

/** Runs a program to its end. Never throws: a program that cannot be started is a result like any other. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((done) => {
    const child = spawn(program, [...args], { env: options.env ?? process.env, stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let timedOut = false;
    let timer: NodeJS.Timeout | undefined;
    const finish = (code: number, extra = "") => {
      clearTimeout(timer);
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString("utf8");
      done({ code, stdout: text(stdout), stderr: text(stderr) + extra, timedOut });
    };
    if (options.timeout !== undefined) {
      timer = setTimeout(() => {
        timedOut = true;
        child.kill("SIGKILL");
      }, options.timeout);
    }
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    // A program that ends without reading its input breaks the pipe; its exit status says enough.
    child.stdin.on("error", () => {});
    child.on("error", (error) => finish(-1, error.message));
    child.on("close", (code) => finish(code ?? -1, timedOut ? `\nstopped after ${options.timeout} ms` : ""));
    child.stdin.end(options.input ?? "");
  });
}

/** A word for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_/.:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export const sleep = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));
