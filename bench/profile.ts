import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Bench } from "./bench";
import { count, markdown } from "./table";

/** As V8 writes a CPU profile, as far as it is needed. */
interface Profile {
  readonly nodes: readonly Frame[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Frame {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** Profiles one synthesis of a fleet, and prints what share of it each part took: `node target/bench/profile.cjs [hosts]`. */
function profile(hosts: number): void {
  const bench = new Bench();
  try {
    const request = [bench.place("profile"), "synth", { hosts, platform: "linux", features: "all" }, true];
    const directory = bench.place("cpu");
    const flags = ["--cpu-prof", "--cpu-prof-interval", "500", "--cpu-prof-dir", directory];
    const child = spawnSync(process.execPath, [...flags, join(__dirname, "child.cjs"), JSON.stringify(request)]);
    if (child.status !== 0) throw new Error(String(child.stderr));
    const [file] = readdirSync(directory);
    print(shares(JSON.parse(readFileSync(join(directory, file!), "utf8")) as Profile));
  } finally {
    bench.close();
  }
}

/** Samples of the measured part, by the innermost part of the program that they are in. */
function shares(profile: Profile): ReadonlyMap<string, number> {
  const frames = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const parts = new Map<number, string | undefined>();
  const partOf = (id: number | undefined): string | undefined => {
    if (id === undefined) return undefined;
    if (!parts.has(id)) parts.set(id, ownPart(frames.get(id)!) ?? partOf(parents.get(id)));
    return parts.get(id);
  };
  const sums = new Map<string, number>();
  for (const [i, id] of profile.samples.entries()) {
    const part = partOf(id);
    if (part !== undefined) sums.set(part, (sums.get(part) ?? 0) + profile.timeDeltas[i]!);
  }
  return sums;
}

/** The parts of the program, by the files they are in; everything else counts for whoever called it. */
const PARTS: readonly (readonly [pattern: RegExp, part: string])[] = [
  [/\/dist\/synth\/write\.js$/, "writing files that have changed"],
  [/\/dist\/synth\/(index-file|output)\.js$/, "the index"],
  [/\/dist\/synth\//, "Terraform resources, digests, order of events"],
  [/\/dist\/render\/(settings|json)\.js$/, "settings.json"],
  [/\/dist\/render\/(verify|checks)\.js$/, "checks"],
  [/\/dist\/render\/file\.js$/, "hashing"],
  [/\/dist\/render\//, "plans and files of the hosts"],
  [/\/dist\/rules\//, "rules"],
  [/\/dist\/host\//, "collecting and merging settings"],
  [/\/dist\/(constructs|tuning|units|hardware)\//, "constructs and derivations"],
  [/\/(dist\/net|node_modules\/ip-address)\//, "addresses"],
  [/\/node_modules\/(cdktf|json-stable-stringify)\//, "cdktf: resolving and printing resources"],
  [/\/node_modules\/constructs\//, "constructs: walking the tree"],
];

function ownPart({ callFrame: { url, functionName } }: Frame): string | undefined {
  if (functionName === "(garbage collector)") return "garbage collector";
  // What the bench does around the measured part, and loading of modules, are not part of it.
  if (/\b(sizeOf|filesBelow|wrapSafe|Module\._load)$/.test(functionName)) return "not measured";
  return PARTS.find(([pattern]) => pattern.test(url))?.[1];
}

function print(sums: ReadonlyMap<string, number>): void {
  const measured = [...sums].filter(([part]) => part !== "not measured").sort(([, a], [, b]) => b - a);
  const total = measured.reduce((sum, [, time]) => sum + time, 0);
  const rows = measured.map(([part, time]) => [
    part,
    count(Math.round(time / 1000)),
    `${((100 * time) / total).toFixed(1)} %`,
  ]);
  console.log(markdown(["part", "ms", "share"], rows));
}

profile(Number(process.argv[2] ?? 5000));
