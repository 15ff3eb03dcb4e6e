import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StillHost } from "./still-host";

const FIN = "net.ipv4.tcp_fin_timeout";
const ID = "aaaaaaaa";
/** The clock when the window of 10 s is armed, and when that window ends. */
const ARMED = 1000;
const END = 1010;

let host: StillHost;
beforeEach(() => {
  host = new StillHost({ [FIN]: "60" });
  host.at(ARMED);
});
afterEach(() => host.remove());

function activated(): void {
  host.stage(ID, [`sysctl\t${FIN}\t17`]);
  host.agent("arm", ID, "10");
  host.agent("activate", ID);
  expect(host.agent("activate-now", ID)).toMatchObject({ code: 0, stderr: "" });
  expect(host.status()).toMatchObject({ phase: "activated", remaining: 10 });
}

describe("a window of 10 s", () => {
  it.each([
    [ARMED, 10],
    ["1000.99", 10],
    [END - 1, 1],
    ["1009.99", 1],
    [END, 0],
    [END + 1, 0],
    [99_999, 0],
  ])("that began at 1000 s has at %s s so much left: %i s", (time, left) => {
    activated();
    host.at(time);
    expect(host.status()["remaining"]).toBe(left);
  });

  it.each([ARMED, END - 1])("can be confirmed at %i s", (time) => {
    activated();
    host.at(time);
    expect(host.agent("confirm", ID)).toMatchObject({ code: 0, stdout: `confirmed ${ID}\n` });
    expect(host.status()).toMatchObject({ committed: ID, pending: null });
  });

  it.each([END, END + 1, 99_999])("is closed at %i s: nothing can be confirmed any more, timer or not", (time) => {
    activated();
    host.at(time);
    expect(host.agent("confirm", ID)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `netloom agent: the window of ${ID} has just closed\n`,
    });
    expect(host.status()).toMatchObject({ committed: "empty", pending: ID });
  });

  it("that is armed again ends that much later, counted from then", () => {
    activated();
    host.at(END - 1);
    host.agent("arm", ID, "10");
    expect(host.status()["remaining"]).toBe(10);
    host.at(END + 8);
    expect(host.agent("confirm", ID).code).toBe(0);
  });

  it.each([
    [END - 1, 1],
    [END, 0],
    [END + 1, 0],
  ])("refuses another change at %i s, and says that it ends in %i s", (time, left) => {
    activated();
    host.at(time);
    host.stage("bbbbbbbb", []);
    expect(host.agent("arm", "bbbbbbbb", "10").stderr).toBe(
      `netloom agent: a change to ${ID} is waiting for confirmation; it will be reverted in ${left} s unless it is confirmed\n`,
    );
  });
});

describe("the timer", () => {
  /** Each second that the timer sleeps, the clock goes on by one. A timer that never ends is stopped. */
  const slept = () => (host.has("slept") ? host.read("slept").trim().split("\n") : []);
  beforeEach(() =>
    host.program(
      "sleep",
      'read -r now _ <"$NETLOOM_UPTIME"; echo "$1 at $now" >>"$NETLOOM_ROOT/slept"; echo "$((now + 1)) 0" >"$NETLOOM_UPTIME"; [ "$now" -lt 1020 ] || kill $PPID',
    ),
  );

  it.each([
    [END - 2, [`1 at ${END - 2}`, `1 at ${END - 1}`]],
    [END - 1, [`1 at ${END - 1}`]],
    [END, []],
    [END + 1, []],
  ])("that starts to look at %i s reverts when the window ends, not before", (time, naps) => {
    activated();
    host.at(time);
    expect(host.agent("watchdog", ID)).toMatchObject({ code: 0, stdout: `reverted ${ID} to empty\n` });
    expect(slept()).toEqual(naps);
    expect(host.sysctl(FIN)).toBe("60");
    expect(host.status()["result"]).toBe(`reverted ${ID}: nobody confirmed ${ID} in time`);
  });

  it("ends once the change is confirmed, and takes nothing back", () => {
    activated();
    host.agent("confirm", ID);
    host.at(END + 1);
    expect(host.agent("watchdog", ID)).toMatchObject({ code: 0, stdout: "" });
    expect(host.sysctl(FIN)).toBe("17");
  });
});

describe("a rehearsal", () => {
  const verify = (script: string) => ({
    verify: {
      content: `#!/bin/sh\n. "$NETLOOM_CHECKS"\nchecks_begin host "$@"\ncheck command local lab because title - '${script}'\nchecks_end\n`,
    },
  });

  it("says how long reading and checking took, and leaves the host as it was", () => {
    host.at("1000.05");
    host.stage(ID, [`sysctl\t${FIN}\t17`], verify('echo "1007.50 0" >"$NETLOOM_UPTIME"'));
    const before = host.tree();
    expect(host.agent("rehearse", ID)).toEqual({ code: 0, stdout: "rehearsed 7450\n", stderr: "" });
    expect(host.tree()).toBe(before);
    expect(host.status()).toMatchObject({ pending: null, phase: "" });
  });

  it("counts checks that are not ok, since nothing is active yet", () => {
    host.stage(ID, [], verify('echo "1002 0" >"$NETLOOM_UPTIME"; false'));
    expect(host.agent("rehearse", ID)).toMatchObject({ code: 0, stdout: "rehearsed 2000\n" });
  });

  it("includes what arming reads", () => {
    host.program("ip", 'read -r now _ <"$NETLOOM_UPTIME"; echo "$((now + 1)) 0" >"$NETLOOM_UPTIME"; exit 1');
    host.stage(ID, ["link\tname=eth0\tmtu\t9000"]);
    const [, milliseconds] = /^rehearsed ([0-9]+)000\n$/.exec(host.agent("rehearse", ID).stdout) ?? [];
    expect(Number(milliseconds)).toBeGreaterThan(0);
  });

  it("of what is not there is refused", () => {
    host.stage(ID, []);
    expect(host.agent("rehearse", "bbbbbbbb")).toMatchObject({
      code: 1,
      stderr: "netloom agent: generation bbbbbbbb is not on this host: stage it first\n",
    });
  });
});

it("without a clock of tests, time is the kernel's", () => {
  const uptime = () => Number(readFileSync("/proc/uptime", "utf8").split(".")[0]);
  host.stage(ID, []);
  Reflect.deleteProperty(host.env, "NETLOOM_UPTIME");
  const before = uptime();
  host.agent("arm", ID, "30");
  const deadline = Number(host.read("run/netloom/deadline"));
  expect([deadline >= before + 30, deadline <= uptime() + 30]).toEqual([true, true]);
});
