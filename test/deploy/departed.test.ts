import { describe, expect, it } from "vitest";
import { parseIndex } from "../../lib/contract";
import { leftMachines, rosterIn } from "../../lib/deploy/departed";
import { stackIndex } from "../../lib/deploy/index-file";
import { packed } from "./stack";

const ssh = (host: string, more: object = {}) => ({ kind: "ssh" as const, host, ...more });

/** The machines of a roster that a stack with these targets does not have any more; with "→", whose host is elsewhere. */
function gone(before: Readonly<Record<string, ReturnType<typeof ssh>>>, now: Readonly<Record<string, object>>) {
  const entry = (target: object) => ({ path: "lab/x", platform: "linux", digest: "00000000", files: {}, target });
  const hosts = Object.fromEntries(Object.entries(now).map(([name, target]) => [name, entry(target)]));
  const index = stackIndex(parseIndex(JSON.stringify({ schema: 2, hosts })), "/x");
  const roster = Object.fromEntries(Object.entries(before).map(([name, target]) => [name, { ...target, window: 60 }]));
  return leftMachines(index, roster).map(({ was, now }) => (now === undefined ? was.name : `${was.name} →`));
}

describe("a roster", () => {
  const many = Object.fromEntries(
    Array.from({ length: 300 }, (_, i) => [`n${i}`, { ...ssh(`h\u00e9-${i * 7919}`), window: i }]),
  );

  it("comes in parts", () => {
    expect(rosterIn(packed(many, 1000))).toEqual(many);
    expect(Object.values(packed(many, 1000)).filter((part) => part !== "").length).toBeGreaterThan(1);
  });

  it.each([{}, { NETLOOM_HOSTS_1: "" }, { NETLOOM_HOSTS_1: "x" }])("that is %j is refused", (environment) => {
    expect(() => rosterIn(environment)).toThrow("needs the roster in NETLOOM_HOSTS_1");
  });

  it("that was cut is refused, not taken for a shorter one", () => {
    const [first] = Object.values(packed(many, 1000));
    expect(() => rosterIn({ NETLOOM_HOSTS_1: first })).toThrow("needs the roster");
  });
});

describe("machines that were left", () => {
  it("are those that no target of the stack names any more", () => {
    const now = { a: ssh("elsewhere"), renamed: ssh("HOST-B") };
    expect(gone({ a: ssh("host-a"), b: ssh("host-b"), c: ssh("host-c") }, now)).toEqual(["a at host-a →", "c"]);
    expect(gone({ b: ssh("host-b", { port: 22 }), c: ssh("host-b", { port: 2222 }) }, now)).toEqual(["c"]);
  });

  it("are not those whose hosts have changed places, or that another host has taken over", () => {
    const [a, b] = [ssh("host-a"), ssh("host-b")];
    expect(gone({ a, b }, { a: b, b: a })).toEqual([]);
    expect(gone({ a, b }, { a: b })).toEqual(["a at host-a →"]);
  });

  it("are not those that another name stands for at the address that they moved to", () => {
    const moving = ssh("10.0.0.1", { newHost: "10.0.0.2" });
    expect(gone({ a: moving }, { renamed: ssh("10.0.0.2") })).toEqual([]);
    expect(gone({ a: ssh("10.0.0.1") }, { renamed: moving })).toEqual([]);
  });
});
