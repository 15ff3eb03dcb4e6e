import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shipped } from "../../lib/agent/shipped";
import { itWith } from "../support/tools";

const directory = mkdtempSync(join(tmpdir(), "netloom-scripts-"));
const scripts = ["agent.sh", "checks.sh"] as const;
for (const name of scripts) writeFileSync(join(directory, name), shipped()[name]);

describe("the programs that travel with a stack", () => {
  for (const name of scripts) {
    itWith(["shellcheck"], `${name} is clean for shellcheck as POSIX sh`, () => {
      const ran = spawnSync("shellcheck", ["-s", "sh", join(directory, name)], { encoding: "utf8" });
      expect(ran.stdout).toBe("");
      expect(ran.status).toBe(0);
    });

    itWith(["dash"], `${name} parses in dash`, () => {
      expect(spawnSync("dash", ["-n", join(directory, name)]).status).toBe(0);
    });

    it(`${name} begins with the POSIX shell and has Unix line ends`, () => {
      expect(shipped()[name].startsWith("#!/bin/sh\n")).toBe(true);
      expect(shipped()[name]).not.toContain("\r");
    });
  }

  itWith(["shellcheck"], "the lab script is clean for shellcheck", () => {
    const ran = spawnSync("shellcheck", [join(__dirname, "../e2e/lab.sh")], { encoding: "utf8" });
    expect(ran.stdout).toBe("");
  });

  it("the runner is one file that needs nothing but Node", () => {
    const required = [...shipped()["deploy.cjs"].matchAll(/require\("([^"]+)"\)/g)].map((match) => match[1]!);
    expect(required.length).toBeGreaterThan(3);
    expect(required.filter((name) => !name.startsWith("node:"))).toEqual([]);
  });

  it("the runner tells its commands when it is given none", () => {
    writeFileSync(join(directory, "deploy.cjs"), shipped()["deploy.cjs"]);
    const ran = spawnSync(process.execPath, [join(directory, "deploy.cjs")], { encoding: "utf8" });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain("commit WAVE");
  });

  it("every part has at most 320 lines", () => {
    for (const part of ["agent/60-window.sh", "agent/70-stage.sh", "shared/observe.sh", "checks/10-local.sh"]) {
      const text = readFileSync(join(__dirname, "../../lib/agent", part), "utf8");
      expect(text.split("\n").length).toBeLessThanOrEqual(320);
    }
  });
});
