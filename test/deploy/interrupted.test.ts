import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { abandonedHeadline } from "../../lib/deploy/ending";
import { HandMadeProject } from "./stack";

const SYSCTL = "/etc/sysctl.d/60-netloom.conf";
const hosts = (value: number) => ({
  a: { files: { [SYSCTL]: `x = ${value}\n` } },
  b: { files: { [SYSCTL]: `x = ${value}\n` } },
});
const settingOn = (project: HandMadeProject, name: string) =>
  readFileSync(project.at(`machines/${name}${SYSCTL}`), "utf8");

/** Calls the agent of a machine as a runner would that is killed right after. */
function agent(project: HandMadeProject, name: string, ...words: string[]) {
  const root = project.at(`machines/${name}`);
  const env = { ...process.env, NETLOOM_ROOT: root, NETLOOM_STATIC: "1" };
  return spawnSync("sh", [`${root}/var/lib/netloom/agent`, ...words], { env, encoding: "utf8" });
}

/** A project whose second deploy was killed while its window was open on host `a`. */
function killed(): HandMadeProject {
  const project = new HandMadeProject();
  project.synth(hosts(1));
  expect(project.runWith({ NETLOOM_OWNER: "me" }, "commit", "default").code).toBe(0);
  project.synth(hosts(2));
  project.run("stage", "a");
  const { digest } = JSON.parse(readFileSync(`${project.stack}/netloom.json`, "utf8")).hosts.a;
  expect(agent(project, "a", "arm", digest, "2").status).toBe(0);
  expect(agent(project, "a", "activate", digest).status).toBe(0);
  return project;
}

describe("a deploy that was killed while a window was open in a directory, which has no timer", () => {
  it("is gone on with by the next deploy of the same", () => {
    const project = killed();
    expect(project.run("commit", "default")).toMatchObject({ code: 0, stderr: "" });
    expect(settingOn(project, "a")).toBe("x = 2\n");
  });

  it("is taken back by the next deploy of something else, after its window", () => {
    const project = killed();
    project.synth(hosts(3));
    const ran = project.run("commit", "default");
    expect(ran.stderr).toMatch(/^netloom: a: an earlier change was never confirmed; .* within \d s/);
    expect(ran.code).toBe(0);
    expect(settingOn(project, "a")).toBe("x = 3\n");
  });

  it("does not wait for the clock of a machine that was booted since", () => {
    const project = killed();
    writeFileSync(project.at("machines/a/var/lib/netloom/run/deadline"), "99999999999\n");
    expect(project.run("withdraw")).toMatchObject({ code: 0 });
  }, 30_000);
});

describe("a withdrawal that is under way", () => {
  it("ends before a deploy stages anything, since it would take that along", () => {
    const project = new HandMadeProject();
    project.synth(hosts(1));
    project.runWith({ NETLOOM_OWNER: "old" }, "commit", "default");
    expect(agent(project, "a", "withdraw", "old", "60").status).toBe(0);
    const env = { ...process.env, CI: "", NETLOOM_PROGRESS: "0", NETLOOM_OWNER: "new" };
    const deploy = spawn(process.execPath, ["deploy.cjs", "commit", "default"], { cwd: project.stack, env });
    let said = "";
    deploy.stderr.on("data", (chunk: Buffer) => {
      said += String(chunk);
      if (said.includes("a: it is being withdrawn")) agent(project, "a", "confirm", "empty");
    });
    return new Promise<void>((done, failed) => {
      deploy.on("close", (code) => {
        try {
          expect(said).toContain("a: it is being withdrawn");
          expect([code, settingOn(project, "a")]).toEqual([0, "x = 1\n"]);
          done();
        } catch (error) {
          failed(error as Error);
        }
      });
    });
  });
});

describe("a revert", () => {
  it("of one change leaves another one alone", () => {
    const project = killed();
    expect(agent(project, "a", "revert", "because", "another").stdout).toBe("nothing to revert\n");
    expect(agent(project, "a", "revert", "because").stdout).toMatch(/^reverted /);
  });
});

describe("two runs of one deploy at the same time", () => {
  it("end with what was deployed, and neither says that it was reverted", async () => {
    const project = new HandMadeProject();
    project.synth(hosts(1));
    const env = { ...process.env, CI: "", NETLOOM_PROGRESS: "0" };
    const run = () =>
      new Promise<string>((done) => {
        const child = spawn(process.execPath, ["deploy.cjs", "commit", "default"], { cwd: project.stack, env });
        let said = "";
        child.stderr.on("data", (chunk: Buffer) => (said += String(chunk)));
        child.on("close", (code) => done(`${code} ${said}`));
      });
    expect(await Promise.all([run(), run(), run()])).toEqual(["0 ", "0 ", "0 "]);
    expect([settingOn(project, "a"), settingOn(project, "b")]).toEqual(["x = 1\n", "x = 1\n"]);
  });
});

describe("the headline of a wave that was given up", () => {
  it.each([
    [0, [], 0, "NOT confirmed, nothing was changed"],
    [3, [], 0, "NOT confirmed, every changed host is REVERTED to its old state"],
    [
      3,
      ["a"],
      0,
      "NOT confirmed as a whole, but CONFIRMED, and therefore different now: a; deploy again; the others are REVERTED to their old state",
    ],
    [2, ["a", "b"], 0, "a step failed, but every changed host is CONFIRMED by now: deploy again"],
    [
      3,
      ["a"],
      1,
      "NOT confirmed as a whole, but CONFIRMED, and therefore different now: a; deploy again; 1 hosts did not come back; the others are",
    ],
    [1, [], 1, "NOT confirmed, 1 hosts did not come back"],
  ])("of %i hosts, of which %j are confirmed and %i lost", (armed, confirmed, lost, text) => {
    expect(abandonedHeadline("rest", armed, confirmed, lost)).toContain(`wave rest: ${text}`);
  });
});
