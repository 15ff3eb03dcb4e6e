import { spawn } from "node:child_process";

/** How a program ended. */
export interface Finished {
  /** Exit status; -1 when it did not run or was stopped. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Why we stopped it: its time was over, or it had said more than it may. @default - it ended by itself */
  readonly stopped?: "time" | "size";
}

export interface RunOptions {
  readonly input?: Buffer | string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds until the program is killed. */
  readonly timeout: number;
  /** Bytes of standard output after which the program is killed. */
  readonly limit: number;
}

/** Bytes of standard error after which a program is killed. */
const ERROR_LIMIT = 1 << 20;

/** Runs a program to its end. Never throws: a program that cannot be started is a result like any other. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  return new Promise((done) => {
    const child = spawn(program, [...args], { env: options.env ?? process.env, stdio: ["pipe", "pipe", "pipe"] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let stopped: Finished["stopped"];
    const finish = (code: number, extra = "") => {
      clearTimeout(timer);
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString("utf8");
      const why = stopped === undefined ? {} : { stopped };
      done({ code, stdout: text(stdout), stderr: text(stderr) + extra, ...why });
    };
    const stop = (why: "time" | "size") => {
      stopped ??= why;
      child.kill("SIGKILL");
      // What the program has started may hold the other ends for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => stop("time"), options.timeout);
    const gather = (chunks: Buffer[], limit: number) => {
      let size = 0;
      return (chunk: Buffer) => {
        size += chunk.length;
        if (size > limit) stop("size");
        else chunks.push(chunk);
      };
    };
    child.stdout.on("data", gather(stdout, options.limit));
    child.stderr.on("data", gather(stderr, ERROR_LIMIT));
    // A program that ends without reading its input breaks the pipe; its exit status says enough.
    child.stdin.on("error", () => {});
    child.on("error", (error) => finish(-1, error.message));
    const reasons = {
      time: `\nno answer within ${Math.round(options.timeout / 1000)} s`,
      size: "\nthe answer was larger than any that is right, and was cut off",
    };
    child.on("close", (code) => finish(code ?? -1, stopped === undefined ? "" : reasons[stopped]));
    child.stdin.end(options.input ?? "");
  });
}

export const sleep = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));
