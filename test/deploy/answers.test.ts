import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AGENT_VERSION, clean, ContractError, oneLine, reportIn, statusIn } from "../../lib/contract";
import { answerOf } from "../../lib/deploy/connection";
import { framed, unframed } from "../../lib/deploy/frame";
import { run } from "../../lib/deploy/process";

/** What an agent of the first contract says. */
const OLD_STATUS = {
  agent: 1,
  committed: "empty",
  active: "empty",
  pending: null,
  phase: "",
  remaining: 0,
  result: "",
  errors: "",
  warnings: "",
  wanted: "",
  owner: "",
  origins: "",
  boot: "",
};
const STATUS = { ...OLD_STATUS, agent: 2, damaged: "", bootReport: "" };
const CHECK = {
  status: "ok",
  kind: "sysctl",
  phase: "local",
  construct: "lab/a",
  because: "why",
  what: "k",
  wanted: "1",
  found: "1",
};
const REPORT = { host: "a", phase: "all", ok: true, checks: [CHECK] };

const statusWith = (more: object) => () => statusIn(JSON.stringify({ ...STATUS, ...more }));
const reportWith = (more: object) => () => reportIn(JSON.stringify({ ...REPORT, ...more }));
const checkWith = (more: object) => reportWith({ checks: [{ ...CHECK, ...more }] });

describe("a status", () => {
  it("is read as it was sent, with or without the fields that old agents do not have", () => {
    expect(statusIn(JSON.stringify(STATUS))).toEqual(STATUS);
    expect(statusIn(JSON.stringify(OLD_STATUS))).toEqual(OLD_STATUS);
  });

  it("keeps nothing that is not a field of it", () => {
    expect(statusIn(JSON.stringify({ ...STATUS, more: 1, __proto__: { x: 1 } }))).toEqual(STATUS);
  });

  it.each([
    ["", "it is empty"],
    ["\n", "it is empty"],
    ["Welcome to h1", "it is not JSON: Welcome to h1"],
    ["null", "it is not an object: null"],
    ["7", "it is not an object: 7"],
    ["[]", "it is not an object: []"],
    ['{"ok":true}', '"agent" is not a whole number from 0: nothing'],
  ])("is not %j", (text, said) => {
    expect(() => statusIn(text)).toThrow(new ContractError(said));
  });

  it.each([
    [{ agent: "1" }, '"agent" is not a whole number from 0: 1'],
    [{ committed: 5 }, '"committed" is not the name of a generation: 5'],
    [{ committed: "" }, '"committed" is not the name of a generation: '],
    [{ committed: "../../etc" }, '"committed" is not the name of a generation: ../../etc'],
    [{ active: null }, '"active" is not the name of a generation: null'],
    [{ pending: 7 }, '"pending" is not the name of a generation: 7'],
    [{ pending: "x".repeat(200) }, `"pending" is not the name of a generation: ${"x".repeat(60)} … (200 characters)`],
    [{ phase: [] }, '"phase" is not one of "", "armed", "activating", "activated", "failed", "reverting": []'],
    [{ remaining: "x" }, '"remaining" is not a whole number from 0: x'],
    [{ remaining: -1 }, '"remaining" is not a whole number from 0: -1'],
    [{ remaining: 1.5 }, '"remaining" is not a whole number from 0: 1.5'],
    [{ remaining: 1e300 }, '"remaining" is not a whole number from 0: 1e+300'],
    [{ result: {} }, '"result" is not text: {}'],
    [{ damaged: null }, '"damaged" is not text: null'],
    [{ bootReport: 3 }, '"bootReport" is not text: 3'],
    [{ origins: "10.0.0.1,-oProxyCommand=x" }, '"origins" is not a list of addresses: 10.0.0.1,-oProxyCommand=x'],
  ])("with %j is refused, and the field is named", (more, said) => {
    expect(statusWith(more)).toThrow(new ContractError(said));
  });

  it("keeps a host waiting no longer than the largest window", () => {
    expect(statusWith({ remaining: 3599 })().remaining).toBe(3599);
    expect(statusWith({ remaining: 3600 })().remaining).toBe(3600);
    expect(statusWith({ remaining: 999_999_999 })().remaining).toBe(3600);
  });

  it("has texts of one line, which no terminal acts on, and which end somewhere", () => {
    const { errors, result } = statusWith({ errors: "a\n\u001b[2Jb\u0007\u202ec", result: "x".repeat(5000) })();
    expect(errors).toBe("a bc");
    expect(result).toBe(`${"x".repeat(4000)} … (5000 characters)`);
  });
});

describe("a report", () => {
  it("is read as it was sent", () => {
    expect(reportIn(JSON.stringify(REPORT))).toEqual(REPORT);
  });

  it.each([
    ["null", "it is not an object: null"],
    ['{"ok":true}', '"checks" is not a list: nothing'],
    ['{"checks":{}}', '"checks" is not a list: {}'],
  ])("is not %s", (text, said) => {
    expect(() => reportIn(text)).toThrow(new ContractError(said));
  });

  it.each([
    [{ ok: 1 }, '"ok" is not true or false: 1'],
    [{ ok: false }, '"ok" is false, although 0 of 1 checks failed'],
    [{ phase: "moon" }, '"phase" is not one of "local", "pair", "all", "benchmark": moon'],
    [{ checks: [null] }, "checks[0] is not an object: null"],
    [{ checks: [CHECK, "ok"] }, "checks[1] is not an object: ok"],
  ])("with %j is refused", (more, said) => {
    expect(reportWith(more)).toThrow(new ContractError(said));
  });

  it.each([
    [{ status: "fine" }, '"checks[0].status" is not one of "ok", "fail", "skip": fine'],
    [{ status: "fail" }, '"ok" is true, although 1 of 1 checks failed'],
    [{ found: 3 }, '"checks[0].found" is not text: 3'],
    [{ what: undefined }, '"checks[0].what" is not text: nothing'],
  ])("with a check with %j is refused", (more, said) => {
    expect(checkWith(more)).toThrow(new ContractError(said));
  });

  it("shows nothing of a check that a terminal acts on", () => {
    const forged = {
      what: "\u001b[2J\u001b[1;1Hx",
      found: "\u001b]0;PWN\u0007 f\u009b8m\r\nnetloom: 3 hosts confirmed",
    };
    expect(checkWith(forged)().checks[0]).toMatchObject({ what: "x", found: "f netloom: 3 hosts confirmed" });
  });
});

describe("text of a host", () => {
  it.each([
    ["\u001b]0;PWNED\u0007\u001b[2J\u001b[1;1Hforged\u001b[8m", "forged"],
    ["\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\", "link"],
    ["\u001b[38;5;196mred\u001b(B\u001b[m", "red"],
    ["\u009b2Ja\u0090b", "ab"],
    ["\u001b]0;no end\nnext line", "\nnext line"],
    ["one\r\ntwo\rthree\ttab", "one\ntwo\nthree\ttab"],
    ["a\u202eb\u2066c\u200fd\u061ce\ufefff\u2028g", "abcdefg"],
    ["nul\0 bell\u0007 del\u007f c1\u0085", "nul bell del c1"],
    ["Grüße, 世界 👋🏽", "Grüße, 世界 👋🏽"],
  ])("%j is shown as %j", (text, shown) => {
    expect(clean(text)).toBe(shown);
  });

  it("is free of control characters whatever it is, and cleaning it again changes nothing", () => {
    const parts = fc.constantFrom(
      "\u001b",
      "[",
      "]",
      "2J",
      "\u0007",
      "\u009b",
      "\\",
      "\n",
      "\r",
      "\u202e",
      "a",
      "P",
      "0;",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(parts).map((all) => all.join("")),
          fc.string({ unit: "binary" }),
        ),
        (text) => {
          const cleaned = clean(text);
          expect(cleaned).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/u);
          expect(clean(cleaned)).toBe(cleaned);
          expect(oneLine(text, 50)).not.toContain("\n");
        },
      ),
    );
  });
});

describe("the frame around an answer", () => {
  const MARKER = "netloom-00ff";
  const shell = (script: string) => run("sh", ["-c", script], { timeout: 20_000, limit: 100_000 });
  const call = async (script: string, before = "", after = "") =>
    answerOf(await shell(`${before}\n${framed(script, MARKER)}${after}`), MARKER);

  it.each([
    ["printf 'x\\n'", { code: 0, stdout: "x\n" }],
    ["printf x", { code: 0, stdout: "x" }],
    ["true", { code: 0, stdout: "" }],
    ["echo a; echo; echo; exit 3", { code: 3, stdout: "a\n\n\n" }],
    ["set -e; trap 'echo bye' EXIT; false; echo never", { code: 1, stdout: "bye\n" }],
    ["echo a # a comment", { code: 0, stdout: "a\n" }],
    [`echo ${MARKER}x`, { code: 0, stdout: `${MARKER}x\n` }],
  ])("leaves the answer and the status of %j as they are", async (script, answer) => {
    expect(await call(script)).toMatchObject({ ...answer, isWhole: true });
  });

  it("drops what the login shell says, on both outputs", async () => {
    const noise = "echo Welcome to h1; echo 'last login: never' >&2";
    expect(await call("echo '{}'; echo oops >&2; exit 1", noise)).toMatchObject({
      code: 1,
      stdout: "{}\n",
      stderr: "oops\n",
    });
    const chatty = unframed(`hello\n${MARKER}\nanswer\n\n${MARKER}\nbye\n`, MARKER);
    expect(chatty).toEqual({ text: "answer\n", hasBegun: true, hasEnded: true });
  });

  it("lets input through", async () => {
    const ran = await run("sh", ["-c", framed("cat", MARKER)], { timeout: 20_000, limit: 1000, input: "input" });
    expect(answerOf(ran, MARKER).stdout).toBe("input");
  });

  it("tells that something else answered", async () => {
    expect(answerOf(await shell("printf 'This account is not available.\\033[2J'"), MARKER)).toMatchObject({
      code: -1,
      stderr: "the login shell did not run our command; it printed: This account is not available.",
      isWhole: false,
    });
    expect(answerOf(await shell("true"), MARKER).stderr).toBe("the login shell did not run our command");
  });

  it("tells that the end is missing", async () => {
    expect(answerOf(await shell(`echo ${MARKER}; echo half`), MARKER)).toMatchObject({
      code: -1,
      stderr: "the answer ends before its end; it printed: half",
    });
  });
});

describe("a program that is run", () => {
  const limits = { timeout: 20_000, limit: 1000 };

  it.each(["cat /dev/zero", "cat /dev/zero >&2", "yes & sleep 1000"])(
    "is stopped when it says too much: %s",
    async (script) => {
      const ran = await run("sh", ["-c", script], limits);
      expect(ran).toMatchObject({ code: -1, stopped: "size" });
      expect(ran.stderr.slice(-70)).toContain("\nthe answer was larger than any that is right, and was cut off");
    },
  );

  it("may say as much as the limit", async () => {
    expect(await run("sh", ["-c", "head -c 1000 /dev/zero"], limits)).not.toHaveProperty("stopped");
    expect(await run("sh", ["-c", "head -c 1001 /dev/zero"], limits)).toHaveProperty("stopped", "size");
  });

  it.each(["sleep 1000", "sleep 1000 & wait", "while :; do echo x; sleep 0.1; done"])(
    "is stopped when its time is over, whatever it has started: %s",
    async (script) => {
      const ran = await run("sh", ["-c", script], { timeout: 1000, limit: 100_000 });
      expect(ran).toMatchObject({ code: -1, stopped: "time", stderr: "\nno answer within 1 s" });
    },
  );

  it("that is not there is a result", async () => {
    expect(await run("no-such-program", [], limits)).toMatchObject({
      code: -1,
      stderr: "spawn no-such-program ENOENT",
    });
  });
});

it("the runner knows the contract of the agent that it ships", async () => {
  const { shipped } = await import("../../lib/agent/shipped");
  const version = /^AGENT_VERSION=([0-9]+)$/m.exec(shipped()["agent.sh"])?.[1];
  expect(Number(version)).toBe(AGENT_VERSION);
});
