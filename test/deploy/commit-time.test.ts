import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Commit } from "../../lib/deploy/commit";
import { closeWindow } from "../../lib/deploy/open-window";
import { type Behaviour, FakeClock, FakeHost, NEW, OLD } from "./fake-host";

let said: string[];
beforeEach(() => {
  said = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    if (!/^netloom [0-9.]+s: /.test(String(text))) said.push(String(text));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

/** Commits a wave of such hosts, and says how it ended: `confirmed`, or the message. */
async function commit(...behaviours: readonly Behaviour[]) {
  const clock = new FakeClock();
  const hosts = behaviours.map((behaviour, i) => new FakeHost(clock, behaviour, `h${i + 1}`));
  const wave = hosts.map((host) => host.waveHost());
  const end = await new Commit({ waves: [{ name: "default", hosts: [] }] }, "default", wave, wave).run().then(
    () => "confirmed",
    (error: Error) => error.message,
  );
  return { end, hosts, clock, committed: hosts.map(({ state }) => state.committed) };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const REVERTED = "wave default: NOT confirmed, every changed host is REVERTED to its old state";

describe("in a window of 100 s", () => {
  it.each([0, 30, 59])("an activation may take %i s", async (seconds) => {
    const { end, committed } = await commit({ window: 100, activation: seconds * SECOND });
    expect([end, committed]).toEqual(["confirmed", [NEW]]);
  });

  it.each([60, 61, 90])(
    "an activation of %i s is over too late, and reverted while the host still answers",
    async (seconds) => {
      const { end, committed, clock } = await commit({ window: 100, activation: seconds * SECOND });
      expect(end).toBe(
        [
          REVERTED,
          `  h1: reverted, reachable, at ${OLD} (reverted ${NEW}: because)`,
          "why:",
          "  h1: activating: the activation had not ended after 60 s of the window of 100 s, but the host answers; its last answer: activating, 40 s until it reverts by itself",
          "    fix: a longer window, as in new Deployment(stack, { window: Duration.minutes(7) }), or quicker checks",
        ].join("\n"),
      );
      expect(committed).toEqual([OLD]);
      expect(clock.now()).toBeLessThan(62 * SECOND);
    },
  );

  it.each([
    ["local", 68, "confirmed"],
    ["local", 70, `${REVERTED}\n`],
    ["local", 71, `${REVERTED}\n`],
    ["pair", 83, "confirmed"],
    ["pair", 85, `${REVERTED}\n`],
    ["pair", 86, `${REVERTED}\n`],
  ] as const)("%s checks that are ok after %i s: %s", async (phase, seconds, end) => {
    const ran = await commit({ window: 100, okSince: { [phase]: seconds * SECOND } });
    expect(ran.end.slice(0, end.length)).toBe(end);
    expect(ran.committed).toEqual([end === "confirmed" ? NEW : OLD]);
    if (end !== "confirmed") expect(ran.end).toContain(`h1: ${phase} checks: sysctl k: wanted 1, found 2 (lab/a: why)`);
  });

  it("a step after another one has its own share: one of 60 s leaves 10 s for the local checks", async () => {
    const both = (local: number) => ({ window: 100, activation: 59 * SECOND, okSince: { local: local * SECOND } });
    expect((await commit(both(68))).end).toBe("confirmed");
    expect((await commit(both(70))).end).toContain("h1: local checks");
  });

  it("checks that never answer are stopped by their share, and that is said", async () => {
    const { end } = await commit({ window: 240, takes: { probe: 10 * MINUTE } });
    expect(end).toContain(
      "h1: probe local: the local checks had not ended after 168 s of the window of 240 s, but the host answers\n    fix: a longer window, as in new Deployment(stack, { window: Duration.minutes(16) }), or quicker checks",
    );
  });

  it("what was heard of the checks counts, although the last attempt got no answer", async () => {
    const isDown = (now: number) => now > 5 * SECOND && now < 90 * SECOND;
    const { end } = await commit({ window: 100, okSince: { local: MINUTE }, isDown });
    expect(end).toContain("h1: local checks: sysctl k: wanted 1, found 2");
  });
});

describe("an activation that the agent refuses", () => {
  it("ends the deploy at once, with what the agent said", async () => {
    const host = new FakeHost(new FakeClock(), { window: 100 });
    const call = host.call.bind(host);
    host.call = async (script, options) => {
      const answer = await call(script, options);
      return script.includes(" activate ") ? { ...answer, code: 1, stderr: "netloom agent: it is not armed" } : answer;
    };
    const wave = [host.waveHost()];
    const run = new Commit({ waves: [] }, "default", wave, wave).run();
    await expect(run).rejects.toThrow("h1: activate: netloom agent: it is not armed");
    expect(host.state.committed).toBe(OLD);
    expect(host.asked).not.toContain("probe");
  });
});

describe("an arming whose answer is lost", () => {
  it("may have happened, so that it is taken back", async () => {
    const isDown = (_: number, host: FakeHost) => {
      if (host.asked.at(-1) !== "arm") return false;
      host.state = { ...host.state, pending: NEW, phase: "armed" };
      return true;
    };
    const { end, hosts } = await commit({ window: 100, isDown });
    expect(end).toContain(`${REVERTED}\n  h1: reverted, reachable, at ${OLD} (reverted ${NEW}: because)`);
    expect(hosts[0]!.asked).toContain("revert");
    expect(hosts[0]!.state.pending).toBe(null);
  });
});

describe("before the first host is confirmed", () => {
  /** One host decides when all are done, the window of the other is the shorter one. */
  const left = (milliseconds: number) =>
    commit({ window: 100, takes: { probe: (10 * SECOND - milliseconds) / 2 } }, { window: 10 });

  it.each([701, 700])("%i ms of every window are enough", async (milliseconds) => {
    expect((await left(milliseconds)).committed).toEqual([NEW, NEW]);
  });

  it.each([699, 500, 0, -1])("%i ms are not, and nobody is confirmed", async (milliseconds) => {
    const { end, committed, hosts } = await left(milliseconds);
    expect(end).toContain(
      `all hosts: confirm: only ${milliseconds} ms of the window were left\n    fix: give the hosts a longer window`,
    );
    expect(committed).toEqual([OLD, OLD]);
    expect(hosts.flatMap(({ asked }) => asked)).not.toContain("confirm");
  });

  it("a directory, which has no timer, is not in a hurry", async () => {
    const directory = { window: 10, kind: "directory" } as const;
    const { committed } = await commit({ window: 100, takes: { probe: 5 * SECOND } }, directory);
    expect(committed).toEqual([NEW, NEW]);
  });
});

describe("a confirmation", () => {
  it("whose answer is lost is asked for again", async () => {
    let lost = 0;
    const isDown = (_: number, host: FakeHost) => host.asked.at(-1) === "confirm" && lost++ < 3;
    const { end, hosts } = await commit({ window: 100, isDown });
    expect(end).toBe("confirmed");
    expect(hosts[0]!.asked.filter((verb) => verb === "confirm")).toHaveLength(4);
  });

  it("is not asked for any more once the window is over", async () => {
    const isDown = (now: number, host: FakeHost) => host.asked.includes("confirm") && now < 200 * SECOND;
    const { end, clock, committed } = await commit({ window: 30, isDown });
    expect(end).toMatch(/^wave default: NOT confirmed, 1 hosts did not come back\nwhy:\n {2}h1: confirm: ssh: connect/);
    expect(clock.now()).toBeLessThan(60 * SECOND);
    expect(committed).toEqual([OLD]);
  });

  it("is not believed when the status says that it did not happen", async () => {
    const { end, committed } = await commit({ window: 100, says: { confirm: `confirmed ${NEW}\n` } });
    expect(end).toContain(
      "h1: confirm: answered that it has confirmed, but it has not; its last answer: activated, 100 s until it reverts by itself",
    );
    expect(end).toContain(REVERTED);
    expect(committed).toEqual([OLD]);
  });
});

describe("a host that is lost after the change", () => {
  it("was cut off if a new connection does not work either; it is back once its timer has fired", async () => {
    const isDown = (_: number, host: FakeHost) =>
      host.state.pending !== null && host.asked.includes("activate") && host.clock.now() < 100 * SECOND;
    const { end } = await commit({ window: 100, isDown });
    expect(end).toContain(REVERTED);
    expect(end).toContain(
      "h1: status: the host could not be reached any more after the change: most likely the change cut it off (ssh: connect to host 192.0.2.1 port 22: Connection timed out)\n    fix: look at what",
    );
    expect(said).toEqual(["netloom: h1: no answer; it reverts by itself within 40 s, waiting for that\n"]);
  });

  it("for one question only is asked again, long before its share of the window is over", async () => {
    let hung = 0;
    const isHanging = (verb: string) => verb === "status" && hung++ === 0;
    const { end, clock } = await commit({ window: 100, hangs: isHanging });
    expect(end).toBe("confirmed");
    expect(clock.now()).toBeLessThan(21 * SECOND);
  });

  it("was not if a new connection works: our own time was over", async () => {
    const { end } = await commit({ window: 300, activation: 250 * SECOND, takes: { status: 30 * SECOND } });
    expect(end).not.toContain("cut it off");
    expect(end).toMatch(
      /h1: status: the activation had not ended after 1[89]\d s of the window of 300 s, but the host answers/,
    );
  });

  it.each([
    [119, REVERTED],
    [121, "wave default: NOT confirmed, 1 hosts did not come back"],
  ])("has 20 s after its window to be back: after %i s it is %s", async (seconds, headline) => {
    const isDown = (now: number, host: FakeHost) => host.asked.includes("activate") && now < seconds * SECOND;
    const { end } = await commit({ window: 100, isDown });
    expect(end.split("\n")[0]).toBe(headline);
  });
});

describe("a host that reverts", () => {
  const slow = (reverting: number) => ({ window: 100, okSince: { local: Number.POSITIVE_INFINITY }, reverting });

  it("is waited for as long as it says so, and that is told once", async () => {
    const { end } = await commit(slow(10 * MINUTE));
    expect(end).toContain(REVERTED);
    expect(said).toEqual(["netloom: h1: is reverting, waiting for that\n"]);
  });

  it("is not waited for for ever", async () => {
    const { end, clock } = await commit(slow(1000 * MINUTE));
    expect(end).toContain("wave default: NOT confirmed, 1 hosts did not come back");
    expect(end).toContain(
      "h1: revert: has not reverted; its last answer: reverting, 0 s until it reverts by itself\n    fix: wait until netloom status",
    );
    expect(clock.now()).toBeLessThan(20 * MINUTE);
  });

  it("by itself while it is activated says why", async () => {
    const clock = new FakeClock();
    const reasons: readonly (readonly [Partial<FakeHost["state"]>, string])[] = [
      [{ result: `reverted ${NEW}: somebody asked` }, `reverted ${NEW}: somebody asked`],
      [{ result: "", boot: "boot-2" }, "the host was rebooted, which reverts what is not confirmed"],
      [{ result: "" }, "its agent does not say why; /var/lib/netloom/log on the host may tell"],
    ];
    for (const [more, why] of reasons) {
      const host = new FakeHost(clock, { window: 100, activation: 50 * SECOND });
      const wave = [host.waveHost()];
      const isDown = (): boolean => {
        if (host.asked.at(-1) === "status" && host.state.phase === "activating") host.close("", more);
        return false;
      };
      host.behaviour = { ...host.behaviour, isDown };
      const run = new Commit({ waves: [] }, "default", wave, wave).run();
      await expect(run).rejects.toThrow(`h1: activate: reverted while it was activated: ${why}`);
    }
  });
});

describe("a host that had the generation before, and drifted", () => {
  const again = async (behaviour: Behaviour) => {
    const host = new FakeHost(new FakeClock(), {
      window: 100,
      status: { committed: NEW, active: NEW, result: `confirmed ${NEW}` },
      ...behaviour,
    });
    const wave = [host.waveHost()];
    const end = await new Commit({ waves: [] }, "default", wave, wave).run().then(
      () => "confirmed",
      (error: Error) => error.message,
    );
    return { end, host };
  };

  it("is activated again, and confirmed", async () => {
    const { end, host } = await again({});
    expect(end).toBe("confirmed");
    expect(host.asked.filter((verb) => verb !== "status")).toEqual([
      "rehearse",
      "arm",
      "activate",
      "probe",
      "probe",
      "confirm",
    ]);
  });

  it("is not taken for confirmed while its change is open", async () => {
    const { end } = await again({ says: { confirm: `confirmed ${NEW}` } });
    expect(end).toContain("answered that it has confirmed, but it has not; its last answer: activated");
  });

  it("is not taken for confirmed when it reverts", async () => {
    const { end } = await again({ okSince: { local: Number.POSITIVE_INFINITY } });
    expect(end).toContain(REVERTED);
    expect(end).toContain(`h1: reverted, reachable, at ${NEW} (reverted ${NEW}: because)`);
  });

  it("is not taken for confirmed when it was rebooted", async () => {
    let isRebooted = false;
    const isDown = (_: number, host: FakeHost) => {
      if (host.asked.at(-1) === "confirm" && !isRebooted) {
        isRebooted = true;
        host.close("", { boot: "boot-2" });
      }
      return false;
    };
    const { end } = await again({ isDown, says: { confirm: `confirmed ${NEW}` } });
    expect(end).toContain("answered that it has confirmed, but it has not");
    expect(end).toContain("the host was rebooted, which reverts what is not confirmed");
  });
});

describe("windows by rehearsal", () => {
  const armed = async (...behaviours: readonly Behaviour[]) => {
    const clock = new FakeClock();
    const hosts = behaviours.map((behaviour, i) => new FakeHost(clock, behaviour, `h${i + 1}`));
    const seconds: string[] = [];
    for (const host of hosts) {
      const call = host.call.bind(host);
      host.call = (script, options) => {
        const wanted = /arm \S+ (\d+)/.exec(script)?.[1];
        if (wanted !== undefined) seconds.push(`${host.name} ${wanted}`);
        return call(script, options);
      };
    }
    const wave = hosts.map((host) => host.waveHost());
    const end = await new Commit({ waves: [] }, "default", wave, wave).run().then(
      () => "confirmed",
      (error: Error) => error.message,
    );
    return { end, seconds, hosts };
  };

  it.each([
    [0, 120],
    [300, 120],
    [17_000, 120],
    [17_143, 121],
    [125_000, 875],
    [514_000, 3598],
    [800_000, 3600],
  ])("of %i ms are 7 times as long, 120 s at least and an hour at most: %i s", async (rehearsal, seconds) => {
    expect((await armed({ rehearsal })).seconds).toEqual([`h1 ${seconds}`]);
  });

  it("go by the slowest host, for which all others wait", async () => {
    expect((await armed({ rehearsal: 1000 }, { rehearsal: 60_000 })).seconds).toEqual(["h1 420", "h2 420"]);
  });

  it("are those of the stack where it sets one that is long enough", async () => {
    expect((await armed({ rehearsal: 10_000, window: 35 })).seconds).toEqual(["h1 35"]);
  });

  it("that the stack sets too short are refused before anything is armed, and the fix works", async () => {
    const { end, seconds, hosts } = await armed({ rehearsal: 100, window: 34 }, { rehearsal: 10_000, window: 34 });
    expect(end).toContain("wave default: NOT confirmed, nothing was changed");
    expect(end).toContain(
      "h1: window: a window of 34 s is too short: reading the host and its local checks took 10.0 s on h2, for which it takes a window of at least 35 s\n    fix: new Deployment(stack, { window: Duration.seconds(35) }), or leave the window out, which derives it",
    );
    expect(seconds).toEqual([]);
    expect(hosts.flatMap(({ asked }) => asked)).toEqual(["rehearse", "rehearse"]);
    expect((await armed({ rehearsal: 10_000, window: 35 })).end).toBe("confirmed");
    expect((await armed({ rehearsal: 10_000 })).end).toBe("confirmed");
  });

  it("that would be larger than the largest are refused, and what to do is said", async () => {
    const { end } = await armed({ rehearsal: 1_030_000, takes: { rehearse: 1000 } });
    expect(end).toContain(
      "h1: window: a window of 3600 s is too short: reading the host and its local checks took 1030.0 s on h1",
    );
    expect(end).toContain("fix: the largest window is 3600 s: make the checks of h1 quicker");
  });

  it("are refused on an answer that is no measurement", async () => {
    expect((await armed({ says: { rehearse: "rehearsed soon" } })).end).toContain(
      "h1: rehearse: not a measurement: rehearsed soon",
    );
  });

  it("are not measured in directories", async () => {
    const { seconds, hosts } = await armed({ kind: "directory" });
    expect(seconds).toEqual(["h1 120"]);
    expect(hosts[0]!.asked).not.toContain("rehearse");
  });
});

describe("a change of somebody else that is open", () => {
  const open = (behaviour: Behaviour) => {
    const host = new FakeHost(new FakeClock(), {
      ...behaviour,
      status: { pending: OLD, phase: "activated", remaining: 60 },
    });
    return { host, closing: () => closeWindow(host.agent, { ...host.state, remaining: 60 }) };
  };

  it("is waited for until its window is over and 30 s more, then it is reverted from here", async () => {
    const { host, closing } = open({});
    expect((await closing()).pending).toBe(null);
    expect(host.asked.indexOf("revert")).toBe(host.asked.length - 2);
    expect(host.clock.now()).toBeGreaterThanOrEqual(90 * SECOND);
    expect(host.clock.now()).toBeLessThan(91 * SECOND);
    expect(said).toEqual([
      'netloom: h1: an earlier change was never confirmed; waiting until that ends or reverts, within 60 s ("node deploy.cjs revert h1" reverts it now)\n',
    ]);
  });

  it("that reverts is waited for longer", async () => {
    const { host, closing } = open({ reverting: 5 * MINUTE });
    host.state = { ...host.state, phase: "reverting" };
    Reflect.set(host, "reverted", 5 * MINUTE);
    expect((await closing()).pending).toBe(null);
    expect(host.asked).not.toContain("revert");
  });

  it("of which a host says that it never ends is reverted after an hour", async () => {
    const { host } = open({});
    const text = JSON.stringify({ ...host.state, remaining: 999_999_999 });
    let asked = 0;
    Reflect.set(host, "behaviour", { says: { status: text }, takes: { status: 20 * SECOND } });
    const call = host.call.bind(host);
    host.call = (script, options) => {
      asked++;
      return call(script, options);
    };
    const status = await host.agent.status();
    await closeWindow(host.agent, status);
    expect(host.clock.now()).toBeLessThan(62 * MINUTE);
    expect(asked).toBeGreaterThan(10);
  });
});
