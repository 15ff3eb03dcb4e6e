// The words of the contract are the same where TypeScript prints and reads them, where the shell does, and on the page
// that says what they mean.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Check } from "../../lib";
import {
  ABSENT,
  AGENT_COMMANDS,
  AGENT_HOME,
  AGENT_PHASES,
  AGENT_VERSION,
  CHECKS,
  LARGEST_WINDOW,
  NEWS,
  PLAN_LINES,
  RUN_PHASES,
  reportIn,
} from "../../lib/contract";

const README = readFileSync("lib/agent/README.md", "utf8");
const shell = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".sh"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
const AGENT = shell("lib/agent/agent") + shell("lib/agent/shared");
const CHECKS_SH = shell("lib/agent/checks") + shell("lib/agent/shared");

const sorted = (words: Iterable<string>): readonly string[] => [...new Set(words)].sort();
const firstWords = (usages: readonly string[]) => sorted(usages.map((usage) => usage.split(" ")[0]!));
/** What the first group of a pattern finds, each once. */
const found = (text: string, pattern: RegExp) => sorted([...text.matchAll(pattern)].map((match) => match[1]!));

/** The rows of the table of a section that has this head, without what marks words as code. */
function table(head: string): readonly (readonly string[])[] {
  const [, ...rows] = new RegExp(String.raw`^\| ${head} +\|.*\n\| *-.*\n((?:\|.*\n)+)`, "m").exec(README)!;
  return rows[0]!
    .trim()
    .split("\n")
    .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.replaceAll(/[`\\]/g, "").trim()))
    .map(([, ...cells]) => cells);
}

/** The labels of the `case` that begins with this line. */
function labels(text: string, begin: string): readonly (readonly [label: string, does: string])[] {
  const inside = text.split(`\n${begin}\n`)[1]!.split(/\n *esac/)[0]!;
  return [...inside.matchAll(/^ *([a-z| -]+)\) (.*) ;;$/gm)].flatMap(([, words, does]) =>
    words!.split(" | ").map((word) => [word, does!] as const),
  );
}

describe("a plan", () => {
  it("has the lines that the page explains", () => {
    expect(table("line").flatMap(([usages]) => usages!.split(" / "))).toEqual(PLAN_LINES);
  });

  it("is read line by line: the agent applies every word, and asks for no other", () => {
    const applied = found(AGENT, /\beach_line "\$1" ([a-z-]+)/g);
    // Seen to by `stage`, never applied live.
    expect(sorted([...applied, ...found(AGENT, /\$1 == "(package)"/g)])).toEqual(firstWords(PLAN_LINES));
    const asked = found(AGENT, /\bplan_lines "[^"]*" ([a-z-]+)/g);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((word) => !firstWords(PLAN_LINES).includes(word))).toEqual([]);
  });

  it("is remembered line by line: what was there before is written down for every word that changes something", () => {
    const remembered = /\nplan_keys\(\) [\s\S]*?\n\}/.exec(AGENT)![0];
    const inside = [...remembered.matchAll(/^ {4,6}([a-z |]+)\)/gm)].flatMap(([, words]) => words!.split(" | "));
    // Parts of a link line, and what keeps no state.
    const words = inside.filter((word) => !["mtu", "up"].includes(word));
    expect(sorted([...words, "adopt", "package"])).toEqual(firstWords(PLAN_LINES));
  });

  it("says of a link what the agent knows to do with one", () => {
    const said = PLAN_LINES.filter((usage) => usage.startsWith("link ")).map((usage) => usage.split(" ")[2]!);
    const [apply] = /\napply_link\(\) [\s\S]*?\n\}/.exec(AGENT)!;
    expect(found(apply, /^ {2}([a-z]+)\)/gm)).toEqual(sorted(said));
  });

  it("has no more fields in a line than the agent reads", () => {
    const [, fields] = /read -r (f0(?: f\d)+)/.exec(AGENT)!;
    const most = Math.max(...PLAN_LINES.map((usage) => usage.split(" ").length));
    expect(fields!.split(" ").length).toBe(most);
  });
});

describe("a check", () => {
  const dispatched = labels(CHECKS_SH, '  case $check_kind in\n  sysctl) check_sysctl "$@" ;;').concat([
    ["sysctl", 'check_sysctl "$@"'],
  ]);

  it("is of a kind that the page explains, with these words", () => {
    const explained = table("KIND").map(([kind, args]) => [kind!, args!] as const);
    expect(Object.fromEntries(explained)).toEqual(CHECKS);
    expect(explained.map(([kind]) => kind)).toEqual(Object.keys(CHECKS));
  });

  it("is of a kind that checks.sh dispatches, to a function that takes these words", () => {
    const taken = dispatched.map(([kind, does]) => {
      const [name] = does.split(" ");
      const [, , words = ""] = new RegExp(String.raw`^${name}\(\) (\{|\()(?: # (.*))?$`, "m").exec(CHECKS_SH)!;
      return [kind, words];
    });
    expect(Object.fromEntries(taken)).toEqual(CHECKS);
    expect(taken).toHaveLength(Object.keys(CHECKS).length);
  });

  it("is printed by its constructor with as many words", () => {
    const made = [
      Check.sysctl("a.b", "1"),
      Check.module("m"),
      Check.mtu("name=e", 1500),
      Check.qdisc("name=e", "fq"),
      Check.manager("name=e"),
      Check.defaultRoute(),
      Check.ethtool("name=e", "g", "rx", "1"),
      Check.address("name=e", "10.0.0.1/24"),
      Check.route("name=e", "default", "-", "mtu 1500"),
      Check.congestion("10.0.0.1", "bbr"),
      Check.file("/etc/a", "0"),
      Check.service("a.service"),
      Check.nft("inet a"),
      Check.wireguard("wg0", 51820, 1420),
      Check.wireguardHandshake("wg0", 180),
      Check.wireguardRoutes("wg0"),
      Check.forward("wg0", [4, 6]),
      Check.ping("10.0.0.1", 1472),
      Check.pathMtu("10.0.0.1", 1500),
      Check.command({ title: "t", run: "true" }),
    ];
    const words = Object.fromEntries(made.map(({ kind, args }) => [kind, args.length]));
    const counted = Object.entries(CHECKS).map(([kind, usage]) => [kind, usage === "" ? 0 : usage.split(" ").length]);
    expect({ ...words, files: 0 }).toEqual(Object.fromEntries(counted));
  });

  it("belongs to a phase that checks.sh can be limited to", () => {
    const [, phases] = /case \$checks_phase in ([a-z |]+)\) ;; \*\) checks_usage/.exec(CHECKS_SH)!;
    expect(sorted(phases!.split(" | "))).toEqual(sorted(RUN_PHASES));
  });

  it("has a result with the fields that are read", () => {
    const [, row] = /\n {6}rows = (.*\n.*)\n/.exec(CHECKS_SH)!;
    const fields = [...row!.matchAll(/\\"(\w+)\\":/g)].map(([, name]) => name!);
    const check = Object.fromEntries(fields.map((name) => [name, "x"]));
    const text = { host: "h", phase: "all", ok: true, checks: [{ ...check, status: "ok", phase: "local" }] };
    expect(Object.keys(reportIn(JSON.stringify(text)).checks[0]!)).toEqual(fields);
    expect(found(CHECKS_SH, /^(?!\s*#).*\brecord ([a-z]+) /gm)).toEqual(["fail", "ok", "skip"]);
  });
});

describe("a command", () => {
  const dispatched = labels(AGENT, "case $command in");

  it("is one that the page explains", () => {
    expect(table("command").flatMap(([usages]) => usages!.split(", "))).toEqual(AGENT_COMMANDS);
  });

  it("is one that the agent dispatches; all others are its own, for what outlives the process that began it", () => {
    const own = found(AGENT, /(?:"\$AGENT"|start_detached netloom-[a-z]+) ([a-z-]+)/g);
    expect(own).toEqual(["activate-now", "endpoints", "retry-endpoints", "watchdog"]);
    expect(sorted(dispatched.map(([word]) => word))).toEqual(sorted([...firstWords(AGENT_COMMANDS), ...own]));
    const [, told] = /unknown command '\$command': (.*)" ;;/.exec(AGENT)!;
    expect(told!.split(", ")).toEqual(AGENT_COMMANDS.map((usage) => usage.split(" ")[0]));
  });

  it("needs the words that the agent insists on", () => {
    for (const usage of AGENT_COMMANDS) {
      const [word, ...rest] = usage
        .replaceAll(/\[.*?\]/g, "")
        .trim()
        .split(" ");
      const [, does] = dispatched.find(([label]) => label === word)!;
      expect(`${word} ${found(does, /\$\{(\d):\?/g).length}`).toBe(`${word} ${rest.length}`);
    }
  });
});

describe("an answer", () => {
  it("to status has the fields and phases that are read", () => {
    const [, format] = /printf '(\{"agent".*)\\n'/.exec(AGENT)!;
    const fields = [...format!.matchAll(/"(\w+)":%s/g)].map(([, name]) => name!);
    expect(fields).toEqual([...Object.keys(ABSENT), "damaged", "bootReport"]);
    expect(sorted(["", ...found(AGENT, /\bset_phase ([a-z]+)/g)])).toEqual(sorted(AGENT_PHASES));
    const [, told] = table("command").find(([usage]) => usage === "status")!;
    expect(sorted(told!.replace("one JSON line: ", "").split(", "))).toEqual(sorted(fields));
  });

  it("names in its lines what is looked for", () => {
    for (const news of NEWS) expect(AGENT, news).toMatch(new RegExp(`["'/]${news}:`));
  });
});

it("numbers are the same on both sides", () => {
  expect(AGENT).toContain(`\nAGENT_VERSION=${AGENT_VERSION}\n`);
  expect(AGENT).toContain(`\nLONGEST=${LARGEST_WINDOW}\n`);
  expect(AGENT).toContain(`\nSTATE=$ROOT${AGENT_HOME}\n`);
});
