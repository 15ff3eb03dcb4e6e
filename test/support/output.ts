import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { App, TerraformStack } from "cdktf";
import { afterAll, vi } from "vitest";

const made: string[] = [];
afterAll(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory that is gone when the test file ends. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "netloom-project-"));
  made.push(directory);
  return directory;
}

/** A project directory of its own, in which cdktf really synthesizes. */
export interface Project {
  readonly directory: string;
  readonly outdir: string;
  /** Makes an app with one stack, lets `build` fill it, and synthesizes it with the project as working directory. */
  synth(build: (stack: TerraformStack, app: App) => void): void;
}

export function project(directory = scratchDirectory()): Project {
  const outdir = join(directory, "cdktf.out");
  return {
    directory,
    outdir,
    synth: (build) =>
      inDirectory(directory, () => {
        const app = new App({ outdir, stackTraces: false });
        const stack = new TerraformStack(app, "lab");
        build(stack, app);
        app.synth();
      }),
  };
}

/**
 * Runs `run` with another working directory, as far as it asks for that. The real one belongs to the whole process, and
 * threads of tests cannot change it: relative paths that are opened without being resolved still lead there.
 */
export function inDirectory<T>(directory: string, run: () => T): T {
  mkdirSync(directory, { recursive: true });
  const cwd = vi.spyOn(process, "cwd").mockReturnValue(directory);
  try {
    return run();
  } finally {
    cwd.mockRestore();
  }
}

/** All files below a directory with their bytes, by relative path, sorted. */
export function filesBelow(directory: string): ReadonlyMap<string, string> {
  return new Map(paths(directory).map((path) => [relative(directory, path), readFileSync(path, "latin1")]));
}

/** What would betray that a file was written again, even with the same bytes. */
export function tracesBelow(directory: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    paths(directory).map((path) => {
      const { ino, mtimeNs, ctimeNs, mode } = statSync(path, { bigint: true });
      return [relative(directory, path), `${ino} ${mtimeNs} ${ctimeNs} ${mode}`];
    }),
  );
}

function paths(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
