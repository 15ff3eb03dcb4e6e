import { merged, rangeOf } from "./numbers";
import { askApart, END, put } from "./reader";

/** What nft has of one table: chains that are hooked into the kernel, and rules by chain, in the words of {@link ruleText}. */
export interface Table {
  readonly hooks: readonly string[];
  readonly rules: readonly (readonly [chain: string, rule: string])[];
}

export type Loaded = ReadonlyMap<string, Table> | { readonly complaint: string };

/** How many tables nft lists at once: the time that it takes grows with the square. */
const AT_ONCE = 40;

/**
 * Loads each text in a network namespace, as the agent does it, and lists what nft has then, by `family table`. Many at
 * once; where nft refuses that, one by one. Tables must have names of their own.
 */
export function loaded(texts: readonly string[], directory: string): readonly Loaded[] {
  const files = texts.map((text, i) => put(directory, `nft/${i}`, `${replacing(text)}\n`));
  const parts = Array.from({ length: Math.ceil(files.length / AT_ONCE) }, (_, i) =>
    files.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  );
  return listings(parts, directory).flatMap((said, i) => {
    if (said.startsWith(LISTING)) return parts[i]!.map(() => tablesOf(said));
    const single = listings(
      parts[i]!.map((file) => [file]),
      directory,
    );
    return single.map((one) => (one.startsWith(LISTING) ? tablesOf(one) : { complaint: one }));
  });
}

const LISTING = '{"nftables"';

/** What nft lists, or what it complains about, when it has loaded some files. */
function listings(parts: readonly (readonly string[])[], directory: string): readonly string[] {
  const script = parts.map(
    (files) => `cat ${files.join(" ")} >"$1/all.nft"
      nft -c -f "$1/all.nft" 2>&1 && nft -f "$1/all.nft" 2>&1 && nft -j -n list ruleset; nft flush ruleset; printf '%s\\n' '${END}'\n`,
  );
  return askApart(script.join(""), directory).split(`${END}\n`).slice(0, parts.length);
}

/** `nft_replace` of the agent: the old table goes and the new one comes in one transaction. */
function replacing(text: string): string {
  const table = /^table (\S+ \S+) \{/.exec(text)?.[1];
  return table === undefined ? text : `table ${table}\ndelete table ${table}\n${text}`;
}

interface Json {
  readonly [key: string]: Json;
}

export function tablesOf(listing: string): ReadonlyMap<string, Table> {
  const { nftables } = JSON.parse(listing) as { nftables: readonly Readonly<Record<string, Json>>[] };
  const tables = new Map<string, { hooks: string[]; rules: [string, string][] }>();
  for (const { table, chain, rule } of nftables) {
    if (table !== undefined) tables.set(`${table["family"]} ${table["name"]}`, { hooks: [], rules: [] });
    const own = tables.get(`${(chain ?? rule)?.["family"]} ${(chain ?? rule)?.["table"]}`);
    if (chain?.["hook"] !== undefined) {
      const { name, type, hook, prio, policy } = chain;
      own?.hooks.push(`${name}: ${type} ${hook} ${prio} ${policy}`);
    }
    if (rule !== undefined)
      own?.rules.push([String(rule["chain"]), ruleText(rule["expr"] as unknown as readonly Json[])]);
  }
  return tables;
}

/** A rule as one text in which numbers are decimal, addresses are ranges of numbers, and sets are in order. */
function ruleText(expressions: readonly Json[]): string {
  return expressions.map((expression) => expressionText(expression)).join(" ");
}

function expressionText(expression: Json): string {
  const { match, mangle } = expression;
  if (match !== undefined) {
    const field = nameOf(match["left"]!);
    return [field, match["op"], ...valuesOf(field, match["right"]!)].join(" ");
  }
  if (mangle !== undefined) return `${nameOf(mangle["key"]!)} := ${mangledText(mangle["value"]!)}`;
  const [[kind, details]] = Object.entries(expression) as unknown as [[string, Json | null]];
  return details === null ? kind : `${kind} ${details["target"] ?? JSON.stringify(details)}`;
}

function mangledText(value: Json): string {
  if (typeof value !== "object") return String(value);
  const { map, rt } = value as Json;
  if (rt !== undefined) return `rt ${rt["key"]}`;
  if (map === undefined) return JSON.stringify(value);
  const pairs = map["data"]!["set"] as unknown as readonly (readonly [number, string])[];
  // The handle 0:0 has a name.
  return `${nameOf(map["key"]!)} ${pairs.map(([key, to]) => `${key}>${to === "none" ? "0:0" : to}`).join(" ")}`;
}

function nameOf(what: Json): string {
  const { payload, meta } = what;
  if (payload !== undefined) return `${payload["protocol"]} ${payload["field"]}`;
  if (meta !== undefined) return String(meta["key"]);
  return Object.values(what)
    .flatMap((details) => Object.values(details))
    .join(" ");
}

function valuesOf(field: string, right: Json): readonly string[] {
  const items = (right["set"] ?? [right]) as unknown as readonly Json[];
  if (!/[sd]addr$/.test(field)) {
    return items.map(String).sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  }
  const ranges = items.map(({ prefix, range, ...item }): readonly [bigint, bigint] => {
    if (prefix !== undefined) return rangeOf(`${prefix["addr"]}/${prefix["len"]}`);
    if (range !== undefined) return [rangeOf(String(range[0]))[0], rangeOf(String(range[1]))[1]];
    return rangeOf(Object.values(item).join(""));
  });
  return merged(ranges);
}
