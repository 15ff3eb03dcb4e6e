import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AddressPool, Cidr } from "../../lib/net";

const network = Cidr.parse("10.66.0.0/24");

function allocate(names: readonly string[], recorded?: Record<string, string>): Record<string, string> {
  const pool = new AddressPool({ network, recorded });
  return Object.fromEntries([...pool.allocate(names)].map(([name, address]) => [name, `${address}`]));
}

describe("AddressPool", () => {
  it("gives the same name the same address in every run", () => {
    expect(allocate(["node-0", "node-1"])).toEqual({ "node-0": "10.66.0.166", "node-1": "10.66.0.213" });
  });

  it("does not depend on the order of the names", () => {
    const names = Array.from({ length: 200 }, (_, index) => `node-${index}`);
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: 200 }), (shuffled) => {
        expect(allocate(shuffled)).toEqual(allocate(names));
      }),
      { numRuns: 20 },
    );
  });

  it("never renumbers a recorded name, whatever is added or removed", () => {
    const name = fc.string({ minLength: 1, maxLength: 6 }).filter((text) => text !== "__proto__");
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 100 }),
        fc.uniqueArray(name, { maxLength: 100 }),
        (first, second) => {
          const before = new AddressPool({ network });
          before.allocate(first);
          const recorded = before.toRecord();
          const after = new AddressPool({ network, recorded });
          after.allocate(second);
          expect(after.toRecord()).toMatchObject(recorded);
          const addresses = Object.values(after.toRecord());
          expect(new Set(addresses).size).toBe(addresses.length);
        },
      ),
    );
  });

  it("works for IPv6 networks", () => {
    const pool = new AddressPool({ network: Cidr.parse("fd00:66::/64") });
    const address = pool.allocate(["a"]).get("a")!;
    expect(Cidr.parse("fd00:66::/64").isUsable(address)).toBe(true);
  });

  it("lets chosen addresses win over the record", () => {
    const pool = new AddressPool({ network, fixed: { b: "10.66.0.9" }, recorded: { a: "10.66.0.9", b: "10.66.0.7" } });
    const addresses = pool.allocate(["a", "b"]);
    expect(`${addresses.get("b")}`).toBe("10.66.0.9");
    expect(`${addresses.get("a")}`).not.toBe("10.66.0.9");
  });

  it("forgets a record from another network", () => {
    expect(allocate(["node-0"], { "node-0": "10.77.0.5" })).toEqual(allocate(["node-0"]));
  });

  it("reports every clash among chosen addresses at once", () => {
    const build = () =>
      new AddressPool({ network, fixed: { a: "10.66.0.9", b: "10.66.0.9", c: "10.67.0.1", d: "10.66.0.255" } });
    expect(build).toThrow(/a and b have the same address[\s\S]*address of c[\s\S]*address of d/);
  });

  it("fills a network to the last address and then refuses", () => {
    const names = Array.from({ length: 255 }, (_, index) => `n${index}`);
    expect(new Set(Object.values(allocate(names.slice(0, 254)))).size).toBe(254);
    expect(() => allocate(names)).toThrow(/NL-ADDRESS-POOL[\s\S]*larger subnet/);
  });

  it("places four thousand names in a network that they almost fill", () => {
    const names = Array.from({ length: 4000 }, (_, index) => `host-${index}`);
    const pool = new AddressPool({ network: Cidr.parse("10.64.0.0/20") });
    expect(new Set([...pool.allocate(names).values()].map(String)).size).toBe(4000);
  });
});
