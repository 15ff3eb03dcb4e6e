import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hostPlace, parseVerify } from "../../contract";
import { defineProblem } from "../../errors";
import { nearest } from "../../nearest";
import type { Command } from "../command";
import { outputDirectory, PLACE, readStacks, stackOf } from "../stacks";
import { columns, type Style } from "../style";

const NO_SUCH_KEY = defineProblem("NL-CLI-KEY", "A key that is asked for is set or checked on the host");

/** One setting of `settings.json`. */
export interface ExplainedSetting {
  /** The list it stands in, e.g. `sysctls`. */
  readonly section: string;
  readonly key: string;
  readonly value: string;
  readonly by: string;
  readonly because: string;
  readonly source?: string;
  readonly priority?: string;
}

/** Every setting and note in the text of a `settings.json`, in its order. */
export function readSettings(text: string): readonly ExplainedSetting[] {
  const record = JSON.parse(text) as Record<string, unknown>;
  return Object.entries(record).flatMap(([section, list]) =>
    Array.isArray(list) ? list.map((entry) => explained(section, entry as Record<string, unknown>)) : [],
  );
}

function explained(section: string, entry: Record<string, unknown>): ExplainedSetting {
  const word = (name: string) => (entry[name] === undefined ? "" : show(entry[name]));
  const isNote = section === "notes";
  return {
    ...(entry as unknown as Pick<ExplainedSetting, "by" | "because" | "source" | "priority">),
    section,
    key: isNote ? "note" : word("key"),
    value: word(isNote ? "text" : "value"),
  };
}

/** Every check in the text of a `verify` script, in its order. */
export function readChecks(text: string): readonly ExplainedSetting[] {
  return parseVerify(text).map(({ kind, phase, construct: by, because, args }) => {
    return { section: "checks", key: [kind, ...args].join(" "), value: phase, by, because };
  });
}

/** Plain words for plain values; objects as `name: value`. */
function show(value: unknown): string {
  if (Array.isArray(value)) return value.map(show).join(" ");
  if (value === null || typeof value !== "object") return String(value);
  const known = Object.entries(value);
  return known.map(([name, v]) => `${name}: ${show(v)}`).join(", ");
}

/** All settings of a host, section by section. */
export function listSettings(settings: readonly ExplainedSetting[], style: Style): string {
  const sections = new Map<string, ExplainedSetting[]>();
  for (const setting of settings) sections.set(setting.section, [...(sections.get(setting.section) ?? []), setting]);
  return [...sections]
    .map(([section, list]) => `${style.strong(section)}\n${columns(list.map((s) => [`  ${s.key}`, s.value, s.by]))}`)
    .join("\n");
}

/** What is known of one key: every setting of that name and every check on it. Throws `NL-CLI-KEY` when there is none. */
export function explainKey(settings: readonly ExplainedSetting[], key: string, style: Style): string {
  const wanted = key.toLowerCase();
  const exact = settings.filter(
    (s) => s.key.toLowerCase() === wanted || s.key.toLowerCase().split(" ").includes(wanted),
  );
  const found = exact.length > 0 ? exact : settings.filter((s) => s.key.toLowerCase().includes(wanted));
  if (found.length > 0) return found.map((setting) => explainOne(setting, style)).join("\n");
  const keys = [...new Set(settings.filter((s) => s.section !== "checks").map((s) => s.key))];
  const near = nearest(key, keys);
  throw NO_SUCH_KEY({
    what: "no construct sets or checks this on the host, so Netloom leaves it as it is",
    value: key,
    allowed: "a key that `netloom explain <host>` lists",
    remedy: near.length > 0 ? near.join(" or ") : undefined,
  });
}

function explainOne(setting: ExplainedSetting, style: Style): string {
  const head = setting.section === "checks" ? `check ${setting.key}` : `${setting.key} = ${setting.value}`;
  const rows = [
    ["  because", setting.because],
    ["  by", setting.by],
    ...(setting.section === "checks" ? [["  phase", setting.value]] : []),
    ...(setting.source === undefined ? [] : [["  source", setting.source]]),
    ...(setting.priority === undefined ? [] : [["  priority", setting.priority]]),
  ];
  return `${style.strong(head)}\n${columns(rows)}`;
}

export const explainCommand: Command = {
  name: "explain",
  summary: "say what a host gets, by which construct, and why",
  words: "<host> [key]",
  count: [1, 2],
  details: `Reads settings.json and verify of a synthesized host. Without a key it lists every setting, its value and the
construct that set it, and every check; with a key (or part of one) it adds the reason and where the number comes from.

  netloom explain node-0
  netloom explain node-0 net.ipv4.tcp_rmem
  netloom explain node-0 mtu`,
  options: {
    stack: { type: "string", value: "NAME", help: "the stack, when several have a host of that name" },
    output: PLACE["output"]!,
  },
  run(words, terminal) {
    const [host, key] = words.positionals;
    const stacks = readStacks(terminal.cwd, outputDirectory(terminal.cwd, words.text["output"]));
    const stack = stackOf(stacks, words.text["stack"], host!);
    const read = (name: string) => readFileSync(join(stack.directory, hostPlace(host!, name)), "utf8");
    const settings = [...readSettings(read("settings.json")), ...readChecks(read("verify"))];
    terminal.out(
      key === undefined ? listSettings(settings, terminal.style) : explainKey(settings, key, terminal.style),
    );
    return 0;
  },
};
