import { describe, expect, it } from "vitest";
import { netloom, project } from "./support";

/** Stands for the runner: tells how it was called, and fails in the stack `broken`. */
const RUNNER = `console.log(JSON.stringify([require("node:path").basename(process.cwd()), ...process.argv.slice(2)]));
process.exit(process.cwd().endsWith("broken") ? 1 : 0);`;

function stacks(...names: readonly string[]): string {
  return project(
    Object.fromEntries(
      names.flatMap((name, i) => [
        [`cdktf.out/stacks/${name}/netloom.json`, JSON.stringify({ hosts: { [`node-${i}`]: {}, shared: {} } })],
        [`cdktf.out/stacks/${name}/deploy.cjs`, RUNNER],
      ]),
    ),
  );
}

const calls = (out: string) =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as string[]);

describe("netloom verify and status", () => {
  it("call the runner of every stack in its own folder", async () => {
    const ran = await netloom(stacks("east", "west"), "status");
    expect(ran.status).toBe(0);
    expect(calls(ran.out)).toEqual([
      ["east", "status"],
      ["west", "status"],
    ]);
  });

  it("call only the stacks that have the hosts, with their hosts, and pass the phase on", async () => {
    const cwd = stacks("east", "west");
    expect(calls((await netloom(cwd, "verify", "node-1", "--phase", "local")).out)).toEqual([
      ["west", "verify", "--phase", "local", "node-1"],
    ]);
    expect(calls((await netloom(cwd, "verify", "shared", "--stack", "east")).out)).toEqual([
      ["east", "verify", "shared"],
    ]);
  });

  it("end with status 1 when one stack is not ok, after all were asked", async () => {
    const ran = await netloom(stacks("broken", "fine"), "verify");
    expect(ran.status).toBe(1);
    expect(calls(ran.out)).toHaveLength(2);
  });

  it("refuse hosts and stacks that are not there", async () => {
    expect((await netloom(stacks("east"), "verify", "node-7")).err).toContain("there is no such host in the output");
    expect((await netloom(stacks("east"), "verify", "--stack", "eest")).err).toMatch(/fix: {5}east/);
  });
});
