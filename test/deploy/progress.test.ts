import { spawnSync } from "node:child_process";
import { describe, expect } from "vitest";
import { itWith } from "../support/tools";
import { HandMadeProject } from "./stack";

/** Lines of progress that a deploy writes where there is no terminal. */
function progressOf(env: NodeJS.ProcessEnv): readonly string[] {
  const project = new HandMadeProject();
  project.synth({ a: { files: { "/etc/sysctl.d/60-netloom.conf": "x = 1\n" } } });
  // A session of its own has no terminal, as under cron.
  const ran = spawnSync("setsid", ["--wait", process.execPath, "deploy.cjs", "commit", "default"], {
    cwd: project.stack,
    env: { ...process.env, CI: "", NETLOOM_PROGRESS: "", ...env },
    encoding: "utf8",
  });
  expect(ran.status, ran.stderr).toBe(0);
  return ran.stderr.split("\n").filter((line) => /^netloom \d+\.\ds: /.test(line));
}

describe("the progress of a deploy", () => {
  itWith(["setsid"], "is not shown where nobody watches", () => {
    expect(progressOf({})).toEqual([]);
  });

  for (const env of [{ CI: "true" }, { NETLOOM_PROGRESS: "1" }])
    itWith(["setsid"], `is shown with ${JSON.stringify(env)}`, () => {
      expect(progressOf(env).join("\n")).toContain("wave default: arm on 1 hosts");
    });

  itWith(["setsid"], "is hidden from a log of CI on request", () => {
    expect(progressOf({ CI: "true", NETLOOM_PROGRESS: "0" })).toEqual([]);
  });
});
