import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scenarios } from "./child";
import { filesBelow, type Sample } from "./measure";

/** Runs scenarios in processes of their own, in a scratch directory that is removed at the end. */
export class Bench {
  /** The project, where packages are found. */
  readonly project = join(__dirname, "..", "..");
  private readonly scratch: string;

  constructor(below: string = memory()) {
    mkdirSync(below, { recursive: true });
    this.scratch = mkdtempSync(join(below, "netloom-bench-"));
  }

  /** Lets `work` measure on the disk that the project is on, where making files has its price. */
  onDisk<T>(work: (disk: Bench) => T): T {
    const disk = new Bench(join(this.project, "target", "bench", "work"));
    try {
      return work(disk);
    } finally {
      disk.close();
    }
  }

  /** A directory of the scratch space. */
  place(name: string): string {
    return join(this.scratch, name);
  }

  /** A directory inside the project, so that programs started there find its packages. */
  placeInProject(name: string): string {
    const directory = join(this.project, "target", "bench", "work", name);
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  /** Builds the package that is measured. */
  build(): void {
    const built = spawnSync(process.execPath, [join(this.project, "scripts/build.mjs")], { stdio: "inherit" });
    if (built.status !== 0) throw new Error("the package cannot be built");
  }

  /** Runs one scenario with `place` as its current directory. */
  run<S extends keyof Scenarios>(place: string, scenario: S, ...args: Parameters<Scenarios[S]>): Sample {
    const request = JSON.stringify([this.place(place), scenario, ...args]);
    const child = spawnSync(process.execPath, [join(__dirname, "child.cjs"), request], { encoding: "utf8" });
    if (child.status !== 0) throw new Error(`${scenario} failed:\n${child.stderr}\n${child.stdout.slice(-2000)}`);
    return JSON.parse(child.stdout.trimEnd().split("\n").at(-1)!) as Sample;
  }

  /** Runs one scenario and measures the process as a whole, from its start to its end. */
  whole<S extends keyof Scenarios>(place: string, scenario: S, ...args: Parameters<Scenarios[S]>): Sample {
    const request = JSON.stringify([this.place(place), scenario, ...args]);
    return this.command(this.project, process.execPath, [join(__dirname, "child.cjs"), request]);
  }

  /** Runs a program. Its processor time comes from the shell's `times`, so that it needs no further tool. */
  command(cwd: string, program: string, args: readonly string[], environment: Record<string, string> = {}): Sample {
    const log = this.place("command.log");
    const script = 'log=$1; shift; "$@" >"$log" 2>&1 || exit $?; times';
    const start = performance.now();
    const shell = spawnSync("sh", ["-c", script, "sh", log, program, ...args], {
      cwd,
      encoding: "utf8",
      env: { ...process.env, ...environment },
    });
    const wall = performance.now() - start;
    if (shell.status !== 0) throw new Error(`${program} ${args.join(" ")} failed:\n${readFileSync(log, "utf8")}`);
    return { wall, cpu: cpuOf(shell.stdout), peak: 0, bytes: 0, files: 0 };
  }

  /** The state of every file, to tell which ones a later run wrote. */
  snapshot(place: string): ReadonlyMap<string, string> {
    const root = this.place(place);
    return new Map(
      filesBelow(root).map((path) => {
        const { mtimeMs, ino, size } = statSync(path);
        return [path.slice(root.length + 1), `${mtimeMs} ${ino} ${size}`];
      }),
    );
  }

  remove(place: string): void {
    rmSync(this.place(place), { recursive: true, force: true });
  }

  close(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

/** Files in memory where the system has them: what is measured is the program, not the disk. */
function memory(): string {
  return existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
}

/** The second line of `times` is what the children took: `0m1.23s 0m0.45s`. */
function cpuOf(times: string): number {
  const [user, system] = times.trim().split("\n").at(-1)!.split(" ");
  return milliseconds(user!) + milliseconds(system!);
}

function milliseconds(text: string): number {
  const match = /^(\d+)m([\d.]+)s$/.exec(text);
  if (match === null) throw new Error(`"times" of sh printed ${text}`);
  return (Number(match[1]) * 60 + Number(match[2])) * 1000;
}
