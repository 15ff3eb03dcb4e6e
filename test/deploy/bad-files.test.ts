import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { HandMadeProject } from "./stack";

function made(...stack: Parameters<HandMadeProject["synth"]>): HandMadeProject {
  const project = new HandMadeProject();
  project.synth(...stack);
  return project;
}

it.each(["", "{", "null", "5", "[]"])("an index that holds %j is refused in words", (text) => {
  const project = made({ a: {} });
  project.write("netloom.json", text);
  for (const words of [["commit", "default"], ["withdraw"], ["withdraw", "--departed"]]) {
    const ran = project.run(...words);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/^netloom: netloom\.json .*: synthesize again\n$/);
  }
});

it("a report that an earlier run left half written stops nobody", () => {
  const project = made({ a: {}, b: { wave: "rest" } });
  project.write("report/b.json", '{"host":');
  expect(project.run("commit", "default")).toMatchObject({ code: 0, stderr: "" });
});

it("a lock file that cannot be written is an error, not an endless wait", () => {
  const project = made({ a: { mesh: true } }, { lock: "/proc/netloom.lock.json" });
  const ran = project.run("commit", "default");
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain("the lock file cannot be written: ");
});

it("an option that nobody knows is refused: no host would be all hosts", () => {
  const project = made({ a: {} });
  project.run("stage", "a");
  for (const words of [
    ["withdraw", "--dry-run"],
    ["revert", "-n"],
    ["status", "--phase"],
    ["verify", "--phase"],
  ]) {
    const ran = project.run(...words);
    expect(ran.code, words.join(" ")).toBe(1);
    expect(ran.stderr).toContain("usage:");
  }
  expect(existsSync(project.at("machines/a/var/lib/netloom"))).toBe(true);
});
