import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AGENT_VERSION } from "../../lib/contract";
import { HandMadeProject, type StackHost } from "./stack";

const SYSCTL = "/etc/sysctl.d/60-netloom.conf";
const FILES = "check files local lab 'installed as it was written'";
const host = (value: number, ...more: readonly string[]): StackHost => ({
  files: { [SYSCTL]: `x = ${value}\n` },
  checks: [FILES, ...more],
});

function deployed(hosts: Readonly<Record<string, StackHost>> = { a: host(1), b: host(1) }): HandMadeProject {
  const project = new HandMadeProject();
  project.synth(hosts);
  expect(project.runWith({ NETLOOM_OWNER: "me" }, "commit", "default")).toMatchObject({ code: 0 });
  return project;
}
const fileOn = (project: HandMadeProject, name: string) => project.at(`machines/${name}${SYSCTL}`);
const agentOn = (project: HandMadeProject, name: string) => project.at(`machines/${name}/var/lib/netloom/agent`);
const digestOf = (project: HandMadeProject, name: string): string =>
  (
    JSON.parse(readFileSync(`${project.stack}/netloom.json`, "utf8")) as { hosts: Record<string, { digest: string }> }
  ).hosts[name]!.digest.slice(0, 12);

describe("a host that somebody has changed", () => {
  it("has drifted for status, and the next commit of the same repairs it and no other", () => {
    const project = deployed();
    rmSync(fileOn(project, "a"));
    const status = project.run("status");
    expect(status.code).toBe(1);
    expect(status.stdout).toBe(
      [
        `a: drifted: 1 check is not ok (committed ${digestOf(project, "a")})`,
        `  not ok file ${SYSCTL}: wanted sha256 a6f5d8b5a3a3ef4ad3a3d0d5b8bc0b7d4a4d41a7b1b7ba0aa7a1c2b77ef8b9a2, found no such file (lab: installed as it was written)`,
        `b: up to date (committed ${digestOf(project, "b")})`,
        "",
      ]
        .join("\n")
        .replace(/sha256 [0-9a-f]{64}/, /sha256 [0-9a-f]{64}/.exec(status.stdout)![0]),
    );
    expect(status.stderr).toBe("netloom: 1 of 2 hosts are not as the stack says\n  fix: netloom repair\n");
    const ran = project.run("commit", "default");
    expect(ran.stdout).toContain("1 hosts confirmed (1 of them repaired), 1 unchanged");
    expect(ran.stderr).toBe(
      `netloom: a: is not as it was deployed, and is activated again (file ${SYSCTL}: found no such file)\n`,
    );
    expect(readFileSync(fileOn(project, "a"), "utf8")).toBe("x = 1\n");
    expect(project.run("status")).toMatchObject({ code: 0, stderr: "" });
  });

  it("is repaired by name, with its wave and no other one", () => {
    const project = deployed({ a: { ...host(1), wave: "default" }, b: { ...host(1), wave: "default" } });
    project.synth({ a: { ...host(1), wave: "default" }, b: { ...host(1), wave: "rest" } });
    for (const name of ["a", "b"]) writeFileSync(fileOn(project, name), "changed\n");
    const ran = project.run("repair", "a");
    expect(ran).toMatchObject({ code: 0 });
    expect(["a", "b"].map((name) => readFileSync(fileOn(project, name), "utf8"))).toEqual(["x = 1\n", "changed\n"]);
    expect(project.run("repair")).toMatchObject({ code: 0 });
    expect(readFileSync(fileOn(project, "b"), "utf8")).toBe("x = 1\n");
    expect(project.run("repair", "zebra").stderr).toContain("no host 'zebra' in this stack; it has: a, b");
  });

  it("is as the last deploy has left it when that fails, and heals once the cause is gone", () => {
    const project = deployed();
    const broken = "check file local lab because /etc/cause - -";
    project.synth({ a: host(2, broken), b: host(2) });
    const failed = project.run("commit", "default");
    expect(failed.stderr).toContain("NOT confirmed, every changed host is REVERTED to its old state");
    // The change is taken out of the stack again, and meanwhile somebody has deleted the file.
    project.synth({ a: host(1), b: host(1) });
    rmSync(fileOn(project, "b"));
    expect(project.run("commit", "default")).toMatchObject({ code: 0 });
    expect(project.run("status").code).toBe(0);
  }, 60_000);

  it("and cannot be repaired fails the deploy, and says why", () => {
    const project = deployed();
    // A directory in the place of the file is nothing that the agent removes.
    rmSync(fileOn(project, "a"));
    mkdirSync(join(fileOn(project, "a"), "mine"), { recursive: true });
    const ran = project.run("repair");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("NOT confirmed, every changed host is REVERTED to its old state");
    expect(ran.stderr).toContain("a: activate: /etc/sysctl.d/60-netloom.conf: cannot be written");
    expect(existsSync(join(fileOn(project, "a"), "mine"))).toBe(true);
  });
});

describe("a host that missed a deploy", () => {
  it("is behind, and repaired where Terraform has no changes", () => {
    const project = deployed();
    const old = digestOf(project, "a");
    project.synth({ a: host(2), b: host(1) });
    const status = project.run("status");
    expect(status.stdout.split("\n")[0]).toBe(
      `a: behind: the stack has ${digestOf(project, "a")}, a deploy is pending (committed ${old})`,
    );
    expect(status.stderr).toBe(
      "netloom: 1 of 2 hosts are not as the stack says\n  fix: cdktf deploy, or netloom repair where Terraform has no changes\n",
    );
    expect(project.run("repair").stdout).toContain("1 hosts confirmed, 1 unchanged");
    expect(project.run("status").code).toBe(0);
  });

  it("and drifted from what it has is told both", () => {
    const project = deployed({ a: host(1) });
    rmSync(fileOn(project, "a"));
    project.synth({ a: host(2) });
    expect(project.run("status").stdout).toMatch(/^a: behind: .*; drifted: 1 check is not ok .*\n {2}not ok file/);
  });

  it("of which nothing is known has nothing deployed", () => {
    const project = new HandMadeProject();
    project.synth({ a: host(1) });
    expect(project.run("status")).toEqual({
      code: 1,
      stdout: "a: nothing deployed (committed empty)\n",
      stderr:
        "netloom: 1 of 1 hosts are not as the stack says\n  fix: cdktf deploy, or netloom repair where Terraform has no changes\n",
    });
  });
});

describe("the agent of a host", () => {
  const replaceIn = (project: HandMadeProject, from: RegExp, to: string) => {
    const text = readFileSync(agentOn(project, "a"), "utf8");
    expect(text).toMatch(from);
    writeFileSync(agentOn(project, "a"), text.replace(from, to));
  };
  const NEWER = /^AGENT_VERSION=\d+$/m;

  it("that is newer than the runner stops every command that changes something, before it does", () => {
    const project = deployed({ a: host(1) });
    replaceIn(project, NEWER, `AGENT_VERSION=${AGENT_VERSION + 1}`);
    project.synth({ a: host(2) });
    for (const words of [["commit", "default"], ["repair"], ["withdraw"]]) {
      const ran = project.run(...words);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain(
        `a: agent: this host was deployed by a newer Netloom: its agent has version ${AGENT_VERSION + 1}, and this one knows ${AGENT_VERSION} and older ones\n    fix: upgrade Netloom on the machine that deploys`,
      );
    }
    expect(readFileSync(fileOn(project, "a"), "utf8")).toBe("x = 1\n");
    expect(project.run("status").stdout).toContain("deployed by a newer Netloom: upgrade it here");
  });

  it("that is older, and does not know the fields of later ones, is replaced, although the generation is there", () => {
    const project = deployed({ a: host(1) });
    const before = readFileSync(agentOn(project, "a"), "utf8");
    const { hosts } = JSON.parse(readFileSync(`${project.stack}/netloom.json`, "utf8"));
    const status = {
      ...{ agent: 1, committed: hosts.a.digest, active: hosts.a.digest, pending: null, phase: "", remaining: 0 },
      ...{ result: "", errors: "", warnings: "", wanted: hosts.a.digest, owner: "me", origins: "", boot: "" },
    };
    writeFileSync(`${agentOn(project, "a")}.now`, before);
    writeFileSync(
      agentOn(project, "a"),
      `[ "$1" != status ] || { echo '${JSON.stringify(status)}'; exit; }\nexec sh "$0.now" "$@"\n`,
    );
    expect(project.run("status").stdout).toContain("a: up to date");
    expect(project.run("status").stdout).toContain("an older agent, which the next deploy replaces");
    expect(project.run("commit", "default")).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("0 hosts confirmed, 1 unchanged"),
    });
    expect(readFileSync(agentOn(project, "a"), "utf8")).toBe(before);
  });

  it.each([
    ["is empty", ""],
    ["is only the beginning of one", "#!/bin/sh\nstatus() {\n"],
    ["says something else", "echo Welcome\n"],
  ])("that %s is installed again by the next deploy", (_, text) => {
    const project = deployed({ a: host(1) });
    const before = readFileSync(agentOn(project, "a"), "utf8");
    writeFileSync(agentOn(project, "a"), text);
    const status = project.run("status");
    expect(status.code).toBe(1);
    expect(status.stderr).toContain(
      "fix: delete /var/lib/netloom/agent on this host and deploy again, which installs it anew",
    );
    const ran = project.run("commit", "default");
    expect(ran.stderr).toMatch(/^netloom: a: its agent does not work, and is installed again \(/);
    expect(ran.code).toBe(0);
    expect(readFileSync(agentOn(project, "a"), "utf8")).toBe(before);
    expect(project.run("status").code).toBe(0);
  });

  it("that is deleted is installed again, as the message says", () => {
    const project = deployed({ a: host(1) });
    rmSync(agentOn(project, "a"));
    expect(project.run("commit", "default")).toMatchObject({ code: 0 });
    expect(existsSync(agentOn(project, "a"))).toBe(true);
  });
});
