import { beforeEach, describe, expect, it, vi } from "vitest";
import { Commit } from "../../lib/deploy/commit";
import { connectSeconds } from "../../lib/deploy/connection";
import { secondLook } from "../../lib/deploy/drift";
import { firstAnswer, settledAnywhere } from "../../lib/deploy/withdraw";
import { type Behaviour, FakeClock, FakeHost, NEW, OLD } from "./fake-host";

/** Hosts that are well and take long for each answer, as small boards, emulated machines and hosts under load do. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;

beforeEach(() => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});

async function commit(behaviour: Behaviour) {
  const host = new FakeHost(new FakeClock(), behaviour);
  const wave = [host.waveHost()];
  const end = await new Commit({ waves: [] }, "default", wave, wave).run().then(
    () => "confirmed",
    (error: Error) => error.message,
  );
  return { end, committed: host.state.committed };
}

describe("a host that takes longer for its status than one question usually may", () => {
  it.each([19, 21, 30, 50])("%i s: gets its change", async (seconds) => {
    const takes = { status: seconds * SECOND, probe: 40 * SECOND };
    const { end, committed } = await commit({ takes, rehearsal: 100 * SECOND, activation: 30 * SECOND });
    expect([end, committed]).toEqual(["confirmed", NEW]);
  });

  it.each([14, 16, 30, 50])("%i s: is heard when it has reverted", async (seconds) => {
    const takes = { status: seconds * SECOND };
    const okSince = { local: Number.POSITIVE_INFINITY };
    const { end, committed } = await commit({ takes, okSince, rehearsal: 100 * SECOND, reverting: 30 * SECOND });
    expect(end).toContain("wave default: NOT confirmed, every changed host is REVERTED to its old state");
    expect(committed).toBe(OLD);
  });

  it("is heard when its window is over before it has answered", async () => {
    const takes = { status: 30 * SECOND, revert: 10 * MINUTE };
    const { end } = await commit({ takes, okSince: { local: Number.POSITIVE_INFINITY }, window: 60 });
    expect(end).toContain("every changed host is REVERTED to its old state");
  });

  it("is left alone between two questions for as long as its answer took", async () => {
    const host = new FakeHost(new FakeClock(), { takes: { status: 10 * SECOND }, status: { phase: "activating" } });
    await expect(host.agent.statusBy(100 * SECOND, () => false)).rejects.toThrow();
    expect(host.asked.length).toBeLessThanOrEqual(6);
    expect(host.clock.now()).toBeGreaterThanOrEqual(95 * SECOND);
  });

  it.each([4, 6, 20, 50])("%i s: is heard when a withdrawal has settled, at any of its addresses", async (seconds) => {
    const withdrawing = { pending: "empty", phase: "activated" } as const;
    const host = new FakeHost(new FakeClock(), { takes: { status: seconds * SECOND }, status: withdrawing });
    const status = await settledAnywhere(host.agent, 15 * MINUTE, "198.51.100.7");
    expect(status.phase).toBe("activated");
  });
});

describe("the time in which a host has to take a connection", () => {
  it("is longer on one whose answer took long", async () => {
    const host = new FakeHost(new FakeClock(), { takes: { status: 20 * SECOND } });
    const connects: (number | undefined)[] = [];
    const call = host.call.bind(host);
    host.call = (script, options) => {
      connects.push(options?.connect);
      return call(script, options);
    };
    const agent = host.agent;
    await agent.status();
    await agent.isReachable();
    expect(connects).toEqual([10 * SECOND, MINUTE]);
  });

  it.each([
    [120 * SECOND, undefined, 10],
    [120 * SECOND, MINUTE, 60],
    [3500, undefined, 3],
    [3500, MINUTE, 3],
    [500, undefined, 1],
  ])("of a call of %i ms, if it may take %s ms, is %i s", (timeout, connect, seconds) => {
    expect(connectSeconds(timeout, connect)).toBe(seconds);
  });
});

describe("the first answer to a withdrawal", () => {
  it.each([8, 25, 50])("may take %i s", async (seconds) => {
    const host = new FakeHost(new FakeClock(), { takes: { status: seconds * SECOND } });
    expect((await firstAnswer(host.agent, 8 * SECOND)).committed).toBe(OLD);
  });

  it("of a machine that is switched off is not waited for", async () => {
    const host = new FakeHost(new FakeClock(), { isDown: () => true });
    await expect(firstAnswer(host.agent, 8 * SECOND)).rejects.toThrow("Connection timed out");
    expect(host.clock.now()).toBeLessThan(10 * SECOND);
  });
});

describe("checks outside of a window", () => {
  it.each([1, 3, 15])("may take %i min, as in the rehearsal", async (minutes) => {
    const host = new FakeHost(new FakeClock(), { takes: { probe: minutes * MINUTE } });
    expect((await secondLook(host.agent, "all")).ok).toBe(true);
  });

  it("that hang are given up", async () => {
    const host = new FakeHost(new FakeClock(), { hangs: (verb) => verb === "probe" });
    await expect(secondLook(host.agent, "all")).rejects.toThrow("no answer within 1029 s");
    expect(host.clock.now()).toBeLessThan(20 * MINUTE);
  });
});
