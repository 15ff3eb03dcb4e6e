import { describe, expect, it } from "vitest";
import { type Host, Rules } from "../../lib";
import type { Rule } from "../../lib/features";
import { NetloomError } from "../../lib/errors";
import { isFatal, runRules } from "../../lib/rules";
import { expectStack, synthToFiles } from "../../lib/testing";
import { labHosts } from "../support/lab";

const named = (check: Rule["check"], severity: Rule["severity"] = "error"): Rule => ({
  id: "NL-MY-RULE",
  severity,
  title: "A rule of one's own",
  why: "to see that it runs",
  check,
});

const withRule = (rule: Rule, more: (hosts: readonly Host[]) => void = () => {}) =>
  synthToFiles((stack) => {
    const hosts = labHosts(stack, 2);
    Rules.add(stack, rule);
    more(hosts);
  });

describe("a rule of one's own", () => {
  const everyHost = named(function* ({ hosts }) {
    for (const host of hosts) yield { path: host.path, what: `${host.name} is there`, remedy: "take it away" };
  });

  it("sees the whole fleet and stops the synthesis", () => {
    const result = withRule(everyHost);
    expectStack(result).toHaveError("NL-MY-RULE: node-1 is there");
    expect(result.findings.map((finding) => finding.path)).toEqual(["test/node-0", "test/node-1"]);
  });

  it("that only warns lets the stack through", () => {
    const result = withRule({ ...everyHost, severity: "warning" });
    expectStack(result).toHaveNoErrors();
    expect(result.annotations.map((a) => [a.path, a.level])).toEqual([
      ["test/node-0", "warning"],
      ["test/node-1", "warning"],
    ]);
  });

  it("is acknowledged for one construct and what is below it, not for its neighbours", () => {
    const result = withRule(everyHost, ([one]) => Rules.acknowledge(one!, "NL-MY-RULE", "we know"));
    expect(result.findings.map(isFatal)).toEqual([false, true]);
    expect(result.findings[0]!.acknowledged).toBe("we know");
  });

  it.each<[string, () => unknown]>([
    ["a bigint", () => 10n],
    [
      "an object that holds itself",
      () => {
        const ring: { self?: unknown } = {};
        return Object.assign(ring, { self: ring });
      },
    ],
  ])("may show a value that JSON cannot hold, and it is reported once: %s", (_, value) => {
    const result = withRule(
      named(function* () {
        for (const shown of [value(), value()]) yield { path: "test/node-0", what: "odd", value: shown };
      }),
    );
    expect(result.findings.map(({ what }) => what)).toEqual(["odd"]);
  });

  it("is not acknowledged for a construct whose path only begins alike", () => {
    const result = withRule(
      named(function* () {
        yield { path: "test/node-00", what: "alike" };
      }),
      ([one]) => Rules.acknowledge(one!, "NL-MY-RULE", "we know"),
    );
    expect(result.findings.filter(isFatal)).toHaveLength(1);
  });

  it("is acknowledged by whoever takes part", () => {
    const result = withRule(
      named(function* () {
        yield { path: "test/x", others: ["test/node-1"], what: "both" };
      }),
      ([, two]) => Rules.acknowledge(two!, "NL-MY-RULE", "we know"),
    );
    expect(result.findings.filter(isFatal)).toEqual([]);
  });

  it("that a construct brings along runs once, however many there are, and so does one that is made anew each time", () => {
    const rules = (make: () => Rule) =>
      withRule(everyHost, (hosts) => {
        for (const host of hosts) Rules.add(host, make());
      });
    for (const make of [() => everyHost, () => ({ ...everyHost })])
      expect(rules(make).findings.map((finding) => finding.path)).toEqual(["test/node-0", "test/node-1"]);
  });

  it("may find some things less bad than others", () => {
    const result = withRule(
      named(() => [
        { path: "test/node-0", what: "bad" },
        { path: "test/node-1", what: "worth knowing", severity: "info" },
      ]),
    );
    expect(result.findings.map(({ severity }) => severity)).toEqual(["error", "info"]);
  });

  it("is written for netloom rules, without its predicate", () => {
    const result = withRule({ ...everyHost, severity: "warning", package: "acme" });
    expect(JSON.parse(result.files.get("rules.json")!)).toEqual([
      { id: "NL-MY-RULE", severity: "warning", title: everyHost.title, why: everyHost.why, package: "acme" },
    ]);
    expect(synthToFiles((stack) => labHosts(stack, 1)).files.has("rules.json")).toBe(false);
  });

  it("that fails is an error itself, and hides no other", () => {
    const result = withRule(
      named(() => {
        throw new TypeError("hosts.map is not a function");
      }),
      ([one]) => one!.sysctl("net.ipv4.tcp_mtu_probing", 3, { because: "x" }),
    );
    expectStack(result).toHaveFinding("NL-MY-RULE", { message: "the rule itself failed: hosts.map is not a function" });
    expectStack(result).toHaveFinding("NL-035");
  });

  it("may throw problems as everything else does", () => {
    const result = withRule(
      named(() => {
        throw new NetloomError({ code: "X", path: "test/node-0", what: "a problem" });
      }),
    );
    expectStack(result).toHaveFinding("NL-MY-RULE", { path: "test/node-0", message: "a problem" });
  });
});

describe("runRules", () => {
  it("keeps the order of the rules", () => {
    const rule = (id: string): Rule => ({ ...named(() => [{ path: "", what: id }]), id });
    const findings = runRules([rule("NL-B"), rule("NL-A")], { hosts: [] }, []);
    expect(findings.map((finding) => finding.code)).toEqual(["NL-B", "NL-A"]);
  });
});
