import { describe, expect, it } from "vitest";
import { Host, Rules } from "../../lib";
import { defineFact, HostFeature, type HostSettings, type ResolvedHost } from "../../lib/features";
import { renderSettings } from "../../lib/render";
import { type SynthResult, synthToFiles } from "../../lib/testing";

interface Rack {
  readonly row: number;
  readonly unit?: number;
}
const Rack = defineFact<Rack>("acme/rack");
const Watts = defineFact<{ readonly watts: number }>("acme/watts", {
  combine: {
    combine: (left, right) => ({ watts: left.watts + right.watts }),
    compare: (left, right) => right.watts - left.watts,
  },
  show: ({ watts }) => `${watts} W`,
});

class Says extends HostFeature {
  say: (settings: HostSettings) => void = () => {};
  contribute(settings: HostSettings): void {
    this.say(settings);
  }
}

/** One host with features `a`, `b` … in the order in which they are given. */
function lab(...says: readonly ((settings: HostSettings) => void)[]): SynthResult {
  return synthToFiles((stack) => {
    const host = new Host(stack, "h");
    for (const [n, say] of says.entries()) new Says(host, String.fromCharCode(97 + n)).say = say;
  });
}

const hostOf = (result: SynthResult): ResolvedHost => result.hosts.get("h")!;
const rack = (row: number, priority?: "force"): ((settings: HostSettings) => void) => {
  return (settings) => settings.fact(Rack, "rack", { row }, { because: `row ${row} on the plan`, priority });
};

describe("a fact", () => {
  it("comes back with its type, and with who stated it, why and from which source", () => {
    const host = hostOf(
      lab((s) => s.fact(Rack, "rack", { row: 4, unit: 7 }, { because: "as on the door", source: "plan of May" })),
    );
    const [fact] = host.facts(Rack);
    expect(fact!.value.row + fact!.value.unit!).toBe(11);
    expect(fact).toEqual({
      ...{ key: "rack", value: { row: 4, unit: 7 }, origin: "test/h/a", because: "as on the door" },
      ...{ source: "plan of May", priority: "normal" },
    });
  });

  it("is sorted by key, and absent where nobody states it", () => {
    const host = hostOf(
      lab(...["b", "a"].map((key) => (s: HostSettings) => s.fact(Rack, key, { row: 1 }, { because: "x" }))),
    );
    expect(host.facts(Rack).map(({ key }) => key)).toEqual(["a", "b"]);
    expect(host.facts(Watts)).toEqual([]);
    expect(host.stated.map(({ name }) => name)).toEqual(["acme/rack"]);
  });

  it("is a conflict where two constructs state different ones, with both named", () => {
    expect(lab(rack(1), rack(2)).findings).toEqual([
      expect.objectContaining({
        code: "NL-CONFLICT",
        path: "test/h/a",
        others: ["test/h/b"],
        what: 'two constructs set the fact acme/rack of rack to different values: {"row":1} (test/h/a: row 1 on the plan); {"row":2} (test/h/b: row 2 on the plan)',
      }),
    ]);
  });

  it("is no conflict where they agree, or where one is forced", () => {
    expect(lab(rack(1), rack(1)).findings).toEqual([]);
    expect(hostOf(lab(rack(1), rack(2, "force"))).facts(Rack)[0]!.value).toEqual({ row: 2 });
  });

  it("is merged where its definition says how, and shown as it says", () => {
    const watts = (n: number) => (s: HostSettings) => s.fact(Watts, "psu", { watts: n }, { because: `${n}` });
    const host = hostOf(lab(watts(100), watts(250)));
    expect(host.facts(Watts)[0]!.value).toEqual({ watts: 350 });
    expect(JSON.parse(renderSettings(host))["acme/watts"]).toEqual([
      { key: "psu", value: "350 W", by: "test/h/b", because: "250; 100 (test/h/a)" },
    ]);
  });

  it("reaches the rules of whoever defines the same name again, as a second copy of a package does", () => {
    const result = synthToFiles((stack) => {
      new Says(new Host(stack, "h"), "a").say = rack(9);
      Rules.add(stack, {
        id: "NL-ACME-ROW",
        severity: "warning",
        title: "Rows end at 8",
        why: "there is no row 9",
        *check({ hosts }) {
          for (const host of hosts)
            for (const { value, origin } of host.facts(defineFact<Rack>("acme/rack")))
              if (value.row > 8) yield { path: origin, what: `row ${value.row}` };
        },
      });
    });
    expect(result.findings.map(({ code, path, what }) => [code, path, what])).toEqual([
      ["NL-ACME-ROW", "test/h/a", "row 9"],
    ]);
  });

  it("writes nothing to the host", () => {
    const without = (result: SynthResult) =>
      [...result.files].filter(([path]) => path.startsWith("hosts/h/") && !path.endsWith("settings.json"));
    expect(without(lab(rack(1)))).toEqual(without(lab()));
  });
});
