import { describe, expect, it } from "vitest";
import { gates } from "../../bench/gates";
import type { LineResult } from "../../bench/line";
import { exponent, median, medianSample, type Sample } from "../../bench/measure";
import { gateTable } from "../../bench/table";

const MIB = 2 ** 20;

function sample(cpu: number, more: Partial<Sample> = {}): Sample {
  return { wall: cpu, cpu, peak: 100 * MIB, bytes: 0, files: 0, ...more };
}

function line(id: string, subject: Sample, more: Partial<LineResult> = {}): LineResult {
  return { id, title: id, repetitions: 1, subject, ...more };
}

/** The gates that are broken, by the beginning of what they say. */
function broken(...lines: readonly LineResult[]): readonly string[] {
  return gates(lines)
    .filter((gate) => !gate.kept)
    .map((gate) => gate.what.split(":")[0]!);
}

describe("the budget of a line", () => {
  const hosts = (cpu: number, floor: number, empty: number, peak = 150) =>
    line("hosts-1000", sample(cpu, { peak: peak * MIB }), { floor: sample(floor), reference: sample(empty) });

  it("of 1,000 hosts is the larger of seven floors and 1.3 empty apps", () => {
    expect(broken(hosts(700, 100, 100))).toEqual([]);
    expect(broken(hosts(701, 100, 100))).toEqual(["1,000 hosts"]);
    expect(broken(hosts(1300, 100, 1000))).toEqual([]);
    expect(broken(hosts(1301, 100, 1000))).toEqual(["1,000 hosts"]);
  });

  it("of their memory is 200 MiB over an empty app", () => {
    expect(broken(hosts(1, 1, 1, 300))).toEqual([]);
    expect(broken(hosts(1, 1, 1, 301))).toEqual(["1,000 hosts"]);
  });

  it("of a mesh is 1.75 times that of plain hosts, as many bytes for each member at every size, and 6 MB in all", () => {
    const mesh = (members: number, cpu: number, bytes: number) =>
      line(`mesh-${members}`, sample(cpu, { bytes }), { reference: sample(100) });
    const programs = 265_000;
    expect(broken(mesh(100, 24, programs + 100 * 4200), mesh(1000, 175, programs + 1000 * 4200))).toEqual([]);
    expect(broken(mesh(100, 24, programs + 100 * 4200), mesh(1000, 176, programs + 1000 * 4200))).toEqual([
      "full mesh of 1,000",
    ]);
    expect(broken(mesh(100, 24, programs + 100 * 4200), mesh(1000, 175, programs + 1000 * 4621))).toEqual([
      "full mesh",
    ]);
    expect(broken(mesh(1000, 175, 6_000_001))).toEqual(["full mesh of 1,000"]);
  });

  it("of growth is an exponent of 1.1 between the two largest sizes", () => {
    const sized = (hosts: number, bytes: number, cpu: number) => line(`hosts-${hosts}`, sample(cpu, { bytes }));
    expect(broken(sized(10, 1, 900), sized(100, 1e6, 100), sized(500, 1e7, 1258))).toEqual([]);
    expect(broken(sized(10, 1, 900), sized(100, 1e6, 100), sized(500, 1e7, 1260))).toEqual(["hosts"]);
  });

  it("of a second synthesis is no file, or those of the host that changed", () => {
    const again = (id: string, ...rewritten: string[]) => line(id, sample(1), { rewritten });
    const stack = "cdktf.out/stacks/fleet";
    expect(broken(again("unchanged"))).toEqual([]);
    expect(broken(again("unchanged", `${stack}/netloom.json`))).toEqual(["unchanged"]);
    const own = [`${stack}/netloom.json`, `${stack}/cdk.tf.json`, `${stack}/hosts/a/plan`, `${stack}/hosts/a/verify`];
    expect(broken(again("one-changed", ...own))).toEqual([]);
    expect(broken(again("one-changed", ...own, `${stack}/hosts/b/plan`))).toEqual(["one host changed"]);
    expect(broken(again("one-changed", ...own, `${stack}/wireguard/mesh.peers`))).toEqual(["one host changed"]);
  });

  it("of programs around it is a ratio as well", () => {
    const against = (id: string, cpu: number) => line(id, sample(cpu), { reference: sample(100) });
    expect(broken(against("plan", 120), against("type-check", 150), against("start-up", 200))).toEqual([]);
    expect(broken(against("plan", 121), against("type-check", 151), against("start-up", 201))).toHaveLength(3);
  });

  it("of what makes text is a ratio to a library that prints the same, and does not grow faster than its size", () => {
    const against = (id: string, cpu: number, bytes = 0) =>
      line(id, sample(cpu, { bytes }), { reference: sample(100) });
    expect(broken(against("policies", 400))).toEqual([]);
    expect(broken(against("policies", 401))).toHaveLength(1);
    expect(broken(against("printer-4000", 2000, 1e6), against("printer-20000", 4000, 5e6))).toEqual([]);
    expect(broken(against("printer-4000", 2000, 1e6), against("printer-20000", 4001, 5e6))).toHaveLength(1);
    expect(broken(against("printer-4000", 100, 1e6), against("printer-20000", 600, 5e6))).toEqual(["Nix printer"]);
    expect(
      broken(line("manifest-500", sample(10, { bytes: 1e5 })), line("manifest-5000", sample(126, { bytes: 1e6 }))),
    ).toEqual(["manifest"]);
  });

  it("is marked in the table when it is broken", () => {
    expect(gateTable(gates([line("unchanged", sample(1), { rewritten: ["x"] })]))).toContain("BROKEN");
  });
});

describe("the numbers", () => {
  it("are medians, field by field", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(medianSample([sample(1, { bytes: 5 }), sample(9, { bytes: 7 }), sample(2, { bytes: 6 })])).toMatchObject({
      cpu: 2,
      bytes: 6,
    });
  });

  it("grow by an exponent: 1 is linear, 2 quadratic", () => {
    expect(exponent([10, 5], [1000, 500])).toBeCloseTo(1);
    expect(exponent([10, 5], [1000, 50_000])).toBeCloseTo(2);
  });
});
