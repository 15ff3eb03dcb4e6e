// What the agent refuses, so that a change is never confirmed, activated or taken back that nobody proved or wanted so.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StillHost } from "./still-host";

const FIN = "net.ipv4.tcp_fin_timeout";
const ID = "aaaaaaaa";
const OTHER = "bbbbbbbb";
/** What somebody does who confirms or reverts while this command waits for the lock. */
const CLOSED = 'rm -rf "$NETLOOM_ROOT/run/netloom/pending" "$NETLOOM_ROOT/run/netloom/snapshot"';

let host: StillHost;
beforeEach(() => {
  host = new StillHost({ [FIN]: "60" });
  host.at(1000);
  host.stage(ID, [`sysctl\t${FIN}\t17`]);
});
afterEach(() => host.remove());

function activated(): void {
  host.agent("arm", ID, "10");
  host.agent("activate", ID);
  expect(host.agent("activate-now", ID)).toMatchObject({ code: 0, stderr: "" });
}

const refusal = (text: string) => ({ code: 1, stdout: "", stderr: `netloom agent: ${text}\n` });

describe("arming", () => {
  it.each(["''", "soon", "-5", "1.5", "3601", "9999", "10000", "99999999999999999999"])(
    "is refused for %s seconds, before anything is written",
    (seconds) => {
      const before = host.tree();
      expect(host.agent("arm", ID, seconds)).toEqual({
        code: seconds === "''" ? expect.any(Number) : 1,
        stdout: "",
        stderr: expect.stringMatching(seconds === "''" ? /seconds/ : /is not a number of seconds up to 3600\n$/),
      });
      expect(host.tree()).toBe(before);
    },
  );

  it.each(["1", "5", "3600"])("takes a window of %s s", (seconds) => {
    expect(host.agent("arm", ID, seconds)).toMatchObject({ code: 0, stdout: `armed ${ID} for ${seconds} s\n` });
    expect(host.status()["remaining"]).toBe(Number(seconds));
  });

  it("is refused for what was never staged", () => {
    expect(host.agent("arm", OTHER, "10")).toEqual(refusal(`generation ${OTHER} is not on this host: stage it first`));
  });

  it("is refused for what is damaged", () => {
    host.damage(`var/lib/netloom/gen/${ID}/plan`, "truncated");
    expect(host.agent("arm", ID, "10")).toEqual(refusal(`generation ${ID} is damaged: stage it again`));
    expect(host.status()["pending"]).toBe(null);
  });
});

describe("an end of a window that is too far away counts as damaged: the window is over", () => {
  it.each([
    ["4600", 3600],
    ["4601", 0],
    ["99999999999", 0],
    ["x", 0],
    ["", 0],
    ["-5", 0],
  ])("%j", (deadline, left) => {
    activated();
    host.write("run/netloom/deadline", `${deadline}\n`);
    expect(host.status()["remaining"]).toBe(left);
    expect(host.agent("confirm", ID).code).toBe(left > 0 ? 0 : 1);
  });
});

describe("activating", () => {
  it("is refused for what is not armed", () => {
    expect(host.agent("activate", ID)).toEqual(refusal(`generation ${ID} is not armed`));
    host.agent("arm", ID, "10");
    expect(host.agent("activate", OTHER)).toEqual(refusal(`generation ${OTHER} is not armed`));
    expect(host.sysctl(FIN)).toBe("60");
  });

  it("twice does it once", () => {
    activated();
    expect(host.agent("activate", ID)).toMatchObject({ code: 0, stdout: `activated ${ID}\n` });
    expect(host.status()["phase"]).toBe("activated");
  });

  it("changes nothing when the change was closed while it waited for the lock", () => {
    host.agent("arm", ID, "10");
    host.program("flock", CLOSED);
    expect(host.agent("activate-now", ID)).toEqual(refusal(`generation ${ID} is no longer armed`));
    expect(host.sysctl(FIN)).toBe("60");
  });
});

describe("confirming", () => {
  it("is refused for another generation, and before it is activated", () => {
    host.agent("arm", ID, "10");
    expect(host.agent("confirm", ID)).toEqual(refusal(`generation ${ID} is armed, not activated`));
    expect(host.agent("confirm", OTHER)).toEqual(refusal(`generation ${OTHER} is not waiting for confirmation ()`));
    expect(host.status()).toMatchObject({ committed: "empty", pending: ID });
  });

  it("is refused when the change was reverted while it waited for the lock", () => {
    activated();
    host.program("flock", CLOSED);
    expect(host.agent("confirm", ID)).toMatchObject({ code: 1, stdout: "" });
    expect(host.status()["committed"]).toBe("empty");
  });
});

describe("reverting", () => {
  it("of one change leaves another one alone", () => {
    activated();
    expect(host.agent("revert", "because", OTHER)).toMatchObject({ code: 0, stdout: "nothing to revert\n" });
    expect(host.status()).toMatchObject({ pending: ID, phase: "activated" });
    expect(host.agent("revert", "because", ID)).toMatchObject({ stdout: `reverted ${ID} to empty\n` });
  });

  it("changes nothing when the change was confirmed while it waited for the lock", () => {
    activated();
    host.program("flock", CLOSED);
    expect(host.agent("revert")).toMatchObject({ code: 0, stdout: "nothing to revert\n" });
    expect(host.sysctl(FIN)).toBe("17");
  });
});
