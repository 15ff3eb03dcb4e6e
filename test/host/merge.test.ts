import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Problem } from "../../lib/errors";
import { HostSettings, type Priority, type ResolvedHost } from "../../lib/host";
import { LARGEST_OF_EACH } from "../../lib/host/merge";
import { SettingsStore } from "../../lib/host/store";
import { testStack } from "../../lib/testing";
import { labHosts } from "../support/lab";

const [host] = labHosts(testStack("lab"), 1);

type Contribution = (settings: (origin: string) => HostSettings) => void;

function merge(contributions: readonly Contribution[]): { resolved: ResolvedHost; problems: Problem[] } {
  const store = new SettingsStore();
  const problems: Problem[] = [];
  for (const contribute of contributions) contribute((origin) => new HostSettings(host!, store, origin));
  return { resolved: store.resolve(host!, problems), problems };
}

const sysctl =
  (origin: string, key: string, value: string | number, priority?: Priority): Contribution =>
  (settings) =>
    settings(origin).sysctl(key, value, { because: `${origin} wants it`, priority });

describe("two constructs that set one thing", () => {
  it("agree when the values are equal, and the first by path is named", () => {
    const { resolved, problems } = merge([sysctl("b", "vm.swappiness", 10), sysctl("a", "vm.swappiness", "10")]);
    expect(problems).toEqual([]);
    expect(resolved.sysctls).toEqual([
      { key: "vm.swappiness", value: "10", origin: "a", because: "a wants it", source: undefined, priority: "normal" },
    ]);
  });

  it("conflict when they differ, and both are named with their reasons", () => {
    const { problems } = merge([sysctl("lab/b", "vm.swappiness", 10), sysctl("lab/a", "vm.swappiness", 20)]);
    expect(problems).toEqual([
      {
        code: "NL-CONFLICT",
        path: "lab/a",
        others: ["lab/b"],
        what: 'two constructs set sysctl vm.swappiness to different values: "20" (lab/a: lab/a wants it); "10" (lab/b: lab/b wants it)',
        value: ["20", "10"],
        allowed: "one value per host",
        remedy: 'remove one of the two, or set priority: "force" on the one that should win',
      },
    ]);
  });

  it("are all reported at once", () => {
    const { problems } = merge(
      ["vm.a", "vm.b", "vm.c"].flatMap((key) => [sysctl("a", key, 1), sysctl("b", key, 2), sysctl("c", key, 3)]),
    );
    expect(problems).toHaveLength(6);
  });

  it("are ordered by priority: default gives way to normal, normal to force", () => {
    const values = (contributions: readonly Contribution[]) => merge(contributions).resolved.sysctls[0]!.value;
    const weak = sysctl("a", "vm.swappiness", 1, "default");
    const normal = sysctl("b", "vm.swappiness", 2);
    const strong = sysctl("c", "vm.swappiness", 3, "force");
    expect([values([weak, normal]), values([strong, normal, weak])]).toEqual(["2", "3"]);
  });

  it("do not conflict where a stronger one overrules both, wherever it comes", () => {
    const both = [sysctl("a", "vm.swappiness", 1), sysctl("b", "vm.swappiness", 2)];
    const strong = sysctl("c", "vm.swappiness", 3, "force");
    for (const order of [
      [...both, strong],
      [strong, ...both],
      [both[0]!, strong, both[1]!],
    ]) {
      expect(merge(order).problems).toEqual([]);
    }
  });

  it("conflict when both force", () => {
    const { problems } = merge([1, 2].map((v) => sysctl(`c${v}`, "vm.swappiness", v, "force")));
    expect(problems).toHaveLength(1);
  });
});

describe("buffer ceilings", () => {
  it.each([
    "net.core.netdev_max_backlog",
    "net.core.rmem_max",
    "net.core.somaxconn",
    "net.core.wmem_max",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
    "net.netfilter.nf_conntrack_max",
  ])("are what more of harms nobody: %s", (key) => {
    const [low, high] = /tcp_[rw]mem/.test(key) ? ["4096 131072 1000000", "4096 131072 2000000"] : ["1000", "2000"];
    for (const [first, second] of [
      [low, high],
      [high, low],
    ] as const) {
      const { resolved, problems } = merge([sysctl("a", key, first), sysctl("b", key, second)]);
      expect(problems).toEqual([]);
      expect(resolved.sysctls.map(({ value }) => value)).toEqual([high]);
    }
  });

  it("are no other keys", () => {
    const { problems } = merge([sysctl("a", "vm.min_free_kbytes", 1000), sysctl("b", "vm.min_free_kbytes", 2000)]);
    expect(problems.map(({ code }) => code)).toEqual(["NL-CONFLICT"]);
  });

  it("become as large as the largest that was asked for, number by number, with both reasons", () => {
    const { resolved, problems } = merge([
      sysctl("a", "net.ipv4.tcp_rmem", "4096 131072 8388608"),
      sysctl("b", "net.ipv4.tcp_rmem", "8192 131072 4194304"),
    ]);
    expect(problems).toEqual([]);
    expect(resolved.sysctls[0]).toMatchObject({
      value: "8192 131072 8388608",
      because: "a wants it; b wants it (b)",
    });
  });

  it("are told by the one construct whose value it is", () => {
    const { resolved } = merge([sysctl("a", "net.core.rmem_max", 1000), sysctl("b", "net.core.rmem_max", 2000)]);
    expect(resolved.sysctls[0]).toMatchObject({ value: "2000", origin: "b", because: "b wants it" });
  });

  it("are told by the one who decided the ceiling, where several decided a vector, whatever the order", () => {
    const derived = sysctl("lab/a/Bbr", "net.ipv4.tcp_rmem", "4096 131072 8388608");
    const large = sysctl("lab/b", "net.ipv4.tcp_rmem", "4096 87380 67108864");
    const start = sysctl("lab/c", "net.ipv4.tcp_rmem", "8192 16384 67108864");
    const told = {
      value: "4096 131072 67108864",
      origin: "lab/b",
      because: "lab/b wants it; lab/a/Bbr wants it (lab/a/Bbr)",
    };
    expect(merge([derived, large]).resolved.sysctls[0]).toMatchObject(told);
    expect(merge([large, derived]).resolved.sysctls[0]).toMatchObject(told);
    for (const order of [
      [derived, large, start],
      [start, large, derived],
    ]) {
      expect(merge(order).resolved.sysctls[0]).toMatchObject({
        value: "8192 131072 67108864",
        origin: "lab/b",
        because: "lab/b wants it; lab/c wants it (lab/c); lab/a/Bbr wants it (lab/a/Bbr)",
      });
    }
  });

  it("conflict where they have different lengths", () => {
    const { problems } = merge([sysctl("a", "net.ipv4.tcp_rmem", "1 2 3"), sysctl("b", "net.ipv4.tcp_rmem", "1 2")]);
    expect(problems.map((p) => p.code)).toEqual(["NL-CONFLICT"]);
  });

  it("take the larger in each place, whatever the order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
        fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
        (a, b) => {
          const wanted = a.map((n, i) => Math.max(n, b[i]!)).join(" ");
          expect(LARGEST_OF_EACH.combine(a.join(" "), b.join(" "))).toBe(wanted);
          expect(LARGEST_OF_EACH.combine(b.join(" "), a.join(" "))).toBe(wanted);
        },
      ),
    );
    expect(LARGEST_OF_EACH.combine("1", "x")).toBeUndefined();
  });
});

describe("keys that mean the same", () => {
  it("are one sysctl, with slashes or with dots", () => {
    const { resolved, problems } = merge([
      sysctl("a", "net/ipv4/conf/eth0.100/rp_filter", 2),
      sysctl("b", "net.ipv4.conf.eth0/100.rp_filter", 1),
    ]);
    expect(resolved.sysctls.map((s) => s.key)).toEqual(["net.ipv4.conf.eth0/100.rp_filter"]);
    expect(problems).toHaveLength(1);
  });

  it("are one address, however it is spelled", () => {
    const { resolved } = merge([
      (s) => s("a").address("exp0", "fd00:0:0::1/64", { because: "x" }),
      (s) => s("b").address("exp0", "FD00::1/64", { because: "x" }),
    ]);
    expect(resolved.addresses.map((a) => a.value.settings)).toEqual(["fd00::1/64"]);
  });

  it("are one route, with a single address as network of one", () => {
    const { resolved } = merge([
      (s) => s("a").route("exp0", { to: "10.20.0.1", via: "10.10.1.9" }, { because: "x" }),
      (s) => s("b").route("exp0", { to: "10.20.0.1/32", via: "10.10.1.9" }, { because: "x" }),
    ]);
    expect(resolved.routes.map((r) => r.value.settings.to)).toEqual(["10.20.0.1/32"]);
  });

  it("are one value, with folded blanks", () => {
    const { problems } = merge([
      sysctl("a", "kernel.core_pattern", "core  %p"),
      sysctl("b", "kernel.core_pattern", " core %p "),
    ]);
    expect(problems).toEqual([]);
  });
});

describe("checks", () => {
  const check =
    (origin: string, key: string, phase: "local" | "pair" = "local"): Contribution =>
    (settings) =>
      settings(origin).check({ kind: "sysctl", phase, args: [key, "1"] }, { because: `${origin} wants it` });

  it("that two constructs ask for are made once, in the name of the first by path", () => {
    const { resolved } = merge([check("b", "vm.a"), check("a", "vm.a")]);
    expect(resolved.checks.map((c) => c.origin)).toEqual(["a"]);
  });

  it("that the host can answer alone come first", () => {
    const { resolved } = merge([check("a", "vm.a", "pair"), check("z", "vm.z"), check("b", "vm.b")]);
    expect(resolved.checks.map((c) => c.origin)).toEqual(["b", "z", "a"]);
  });
});

describe("the order of contributions", () => {
  const ORIGIN = fc.constantFrom("lab/a", "lab/b", "lab/c");
  const PRIORITY = fc.constantFrom<Priority | undefined>(undefined, "default", "normal", "force");
  const SAYING = fc.record({
    origin: ORIGIN,
    priority: PRIORITY,
    kind: fc.constantFrom("sysctl", "ceiling", "link", "address", "route", "module", "file", "check", "note", "port"),
    number: fc.integer({ min: 1, max: 4 }),
    because: fc.constantFrom("why", "wherefore"),
    source: fc.constantFrom(undefined, "RFC 1"),
  });
  type Saying = typeof SAYING extends fc.Arbitrary<infer T> ? T : never;

  function said({ origin, priority, kind, number, because, source }: Saying): Contribution {
    return (make) => {
      const settings = make(origin);
      const reason = { because, priority, source };
      const kinds: Record<Saying["kind"], () => void> = {
        sysctl: () => settings.sysctl("vm.swappiness", number, reason),
        ceiling: () => settings.sysctl("net.ipv4.tcp_wmem", [number, 5 - number, 9], reason),
        link: () => settings.link("exp0", { mtu: 1500 + number }, reason),
        address: () => settings.address("exp0", `10.0.0.${number}/24`, reason),
        route: () => settings.route("exp0", { to: "10.9.0.0/16", via: `10.0.0.${number}` }, reason),
        module: () => settings.module(`mod${number}`, reason),
        file: () => settings.file("/etc/x", { content: `${number}` }, reason),
        check: () => settings.check({ kind: "module", phase: "local", args: [`mod${number}`] }, reason),
        note: () => settings.note(`note ${number}`, reason),
        port: () => settings.openPort({ protocol: "tcp", port: number }, reason),
      };
      kinds[kind]();
    };
  }

  it("never changes the result, nor what is reported", () => {
    fc.assert(
      fc.property(
        fc
          .array(SAYING, { minLength: 2, maxLength: 12 })
          .chain((all) =>
            fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
          ),
        ([one, other]) => {
          expect(JSON.stringify(merge(other.map(said)))).toBe(JSON.stringify(merge(one.map(said))));
        },
      ),
      { numRuns: 300 },
    );
  });
});
