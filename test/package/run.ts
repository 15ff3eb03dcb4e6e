import { spawn } from "node:child_process";

export interface Finished {
  readonly status: number | null;
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
    let output = "";
    const gather = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on("data", gather);
    child.stderr.on("data", gather);
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** The same, for what has to succeed. */
export async function run(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
  const { status, output } = await attempt(cwd, program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${output}`);
  return output;
}
