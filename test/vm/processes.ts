import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const sleep = (seconds: number) => new Promise<void>((done) => setTimeout(done, seconds * 1000));

/** Processes that outlive the command that starts them, each with files for its id and its output in one directory. */
export class Processes {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Starts a process in a group of its own, unless it runs. */
  launch(name: string, command: string, args: readonly string[]): void {
    if (this.isRunning(name)) return;
    const log = openSync(this.path(`${name}.log`), "a");
    const child = spawn(command, args, { detached: true, stdio: ["ignore", log, log] });
    closeSync(log);
    child.on("error", (error) => writeFileSync(this.path(`${name}.log`), `${error.message}\n`, { flag: "a" }));
    child.unref();
    writeFileSync(this.path(`${name}.pid`), String(child.pid ?? ""));
  }

  /** The process, if it runs. A recycled process id is not taken for it: the directory is in its command. */
  private running(name: string): number | undefined {
    if (!existsSync(this.path(`${name}.pid`))) return undefined;
    const pid = Number(readFileSync(this.path(`${name}.pid`), "utf8"));
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(this.directory) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  isRunning(name: string): boolean {
    return this.running(name) !== undefined;
  }

  /** Kills a process with all that it started. */
  async kill(name: string): Promise<void> {
    const pid = this.running(name);
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
    while (this.isRunning(name)) await sleep(0.05);
    rmSync(this.path(`${name}.pid`), { force: true });
  }

  /** Waits for a file that a process makes when it is ready. */
  async made(file: string, name: string): Promise<void> {
    for (let tries = 0; !existsSync(this.path(file)); tries++) {
      if (tries > 200) throw new Error(`${name} did not start: see ${this.path(`${name}.log`)}`);
      await sleep(0.1);
    }
  }
}
