import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Project, type Ran } from "../e2e/harness";
import type { Lab } from "./lab";
import type { Scenario } from "./scenario";

/** The project of a lab's stack, and the runner in it. */
export function projectOf(lab: Lab): Project {
  const directory = join(lab.directory, "project");
  mkdirSync(directory, { recursive: true });
  return new Project(directory, {}, "test/vm/stack.ts");
}

export function scenarioOf(lab: Lab, names: readonly string[], variant: Partial<Scenario>): Scenario {
  return {
    identityFile: lab.key,
    transport: "bbr",
    mtu: 9000,
    machines: names.map((name) => {
      const { number } = lab.machine(name);
      return { name, number, port: lab.port(name, 22), hostKey: lab.hostKey(name) };
    }),
    ...variant,
  };
}

/** `node deploy.cjs …` in the stack's directory, as an operator calls it. */
export function runner(project: Project, ...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, ["deploy.cjs", ...args], { cwd: project.stack });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end();
  return new Promise((done) =>
    child.on("close", (code) => done({ code: code ?? -1, output: Buffer.concat(chunks).toString("utf8") })),
  );
}
