import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isInstalled, TOOL_PATH } from "./installed";

/** What hosts in a lab and deploys to them need. */
const TOOLS = [
  "terraform",
  "ssh",
  "sshd",
  "ip",
  "tc",
  "wg",
  "wireguard-go",
  "ping",
  "unshare",
  "nsenter",
  "flock",
  "setsid",
  "sysctl",
];
export const REPOSITORY = join(__dirname, "..", "..");

export function missingTools(tools: readonly string[] = TOOLS): string[] {
  return tools.filter((tool) => !isInstalled(tool, TOOL_PATH));
}

/** Why no lab can be made here; undefined where it can. */
export function noLab(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root, to make network namespaces";
  const missing = missingTools();
  return missing.length === 0 ? undefined : `not installed: ${missing.join(", ")}`;
}

export interface LabRun {
  readonly hosts: number;
  /** A TypeScript program, with its arguments. */
  readonly program: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each line that the program prints. */
  readonly onLine: (line: string) => void;
}

/** Runs a program inside a lab of its own and returns its exit status. */
export function inLab({ hosts, program, env, onLine }: LabRun): Promise<number> {
  const tsx = join(REPOSITORY, "node_modules/tsx/dist/cli.mjs");
  const tsconfig = join(REPOSITORY, "tsconfig.check.json");
  const lab = join(REPOSITORY, "test/e2e/lab.sh");
  const command = [lab, String(hosts), process.execPath, tsx, "--tsconfig", tsconfig, ...program];
  // Programs name their sockets by process id, and each lab counts its own.
  const scratch = mkdtempSync(join(tmpdir(), "netloom-lab-"));
  const child = spawn("bash", command, {
    cwd: REPOSITORY,
    env: { ...process.env, PATH: TOOL_PATH, TMPDIR: scratch, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let rest = "";
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
  });
  return new Promise((resolve) => {
    child.on("close", (code) => {
      rmSync(scratch, { recursive: true, force: true });
      resolve(code ?? -1);
    });
  });
}
