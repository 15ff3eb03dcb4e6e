import { spawn } from "node:child_process";

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  /** Both channels. */
  readonly output: string;
}

/** Runs a program and gathers what it prints on both channels. */
export function attempt(
  cwd: string,
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    // Vitest sets NODE_ENV and colours, which a stranger's shell does not.
    const { NODE_ENV: _, FORCE_COLOR: __, ...inherited } = process.env;
    const child = spawn(program, args, {
      cwd,
      env: { ...inherited, NO_COLOR: "1", CI: "1", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, output }));
  });
}

/** The same, for what has to succeed; returns its standard output. */
export async function run(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
  const { status, stdout, output } = await attempt(cwd, program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${output}`);
  return stdout;
}
