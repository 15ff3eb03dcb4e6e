import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nullProviderMirror } from "../e2e/null-provider";
import { inLab, missingTools, noLab, REPOSITORY } from "../support/in-lab";
import { TOOLS_ARE_REQUIRED } from "../support/installed";
import { type Job, jobs } from "./jobs";
import type { ApplierName } from "./scenario";
import { complaints, type Row, table } from "./table";

const USAGE = `usage: npm run faults -- [--short | --long] [options]
  --applier terraform_data | null_resource    only this one
  --only TEXT       only faults whose part or name holds TEXT
  --random N        kills at random moments, for each applier
  --seed N          decides faults and moments
  --labs N          labs at once, for each applier
  --rows FILE       append each result to FILE, as JSON lines`;

const HOSTS = 3;

interface Options {
  readonly long: boolean;
  readonly appliers: readonly ApplierName[];
  readonly only?: string;
  readonly random: number;
  readonly seed: number;
  readonly labs: number;
  readonly rows?: string;
}

function options(args: readonly string[]): Options {
  const value = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const known = ["--short", "--long", "--applier", "--only", "--random", "--seed", "--labs", "--rows"];
  if (args.some((word) => word.startsWith("--") && !known.includes(word))) throw new Error(USAGE);
  const long = args.includes("--long");
  const applier = value("--applier");
  if (applier !== undefined && applier !== "terraform_data" && applier !== "null_resource") throw new Error(USAGE);
  return {
    long,
    appliers: applier === undefined ? ["terraform_data", "null_resource"] : [applier],
    only: value("--only"),
    random: Number(value("--random") ?? (long ? 60 : 4)),
    seed: Number(value("--seed") ?? (long ? Math.floor(Math.random() * 1e9) : 1)),
    labs: Number(value("--labs") ?? 1),
    rows: value("--rows"),
  };
}

async function runJobs(
  applier: ApplierName,
  own: readonly Job[],
  scratch: string,
  place: number,
  keep: (row: Row) => void,
) {
  if (own.length === 0) return;
  const env: NodeJS.ProcessEnv =
    applier === "null_resource" ? { NETLOOM_E2E_TERRAFORMRC: nullProviderMirror(REPOSITORY) } : {};
  const file = join(scratch, `jobs-${applier}-${place}.json`);
  writeFileSync(file, JSON.stringify(own));
  let heard = 0;
  const code = await inLab({
    hosts: HOSTS,
    program: [join(__dirname, "in-lab.ts"), applier, file],
    env,
    onLine: (line) => {
      if (!line.startsWith("row ")) return console.log(line);
      heard++;
      keep(JSON.parse(line.slice(4)) as Row);
    },
  });
  // What a lab did not come to was not tried, which is a failure of its own.
  if (code !== 0) {
    const left = own.length - heard;
    const complaint = `the lab ended with status ${code}, ${left} faults before its end`;
    keep({
      part: "lab",
      applier,
      fault: "lab",
      moment: "-",
      hosts: "mixture",
      silent: false,
      healedBy: 0,
      complaints: [complaint],
    });
  }
}

async function main(): Promise<void> {
  const { long, appliers, only, random, seed, labs, rows } = options(process.argv.slice(2));
  const must = TOOLS_ARE_REQUIRED;
  const reason = noLab();
  if (reason !== undefined) {
    console.log(`${must ? "not ok" : "skip  "} faults: ${reason}`);
    process.exit(must ? 1 : 0);
  }
  console.log(`faults: seed ${seed}`);
  const scratch = mkdtempSync(join(tmpdir(), "netloom-faults-"));
  const results: Row[] = [];
  const keep = (row: Row) => {
    results.push(row);
    if (rows !== undefined) appendFileSync(rows, `${JSON.stringify(row)}\n`);
    const bad = complaints([row]);
    console.log(
      bad.length > 0 ? `not ok ${bad[0]}` : `ok     ${row.applier}: ${row.fault}, ${row.moment}: ${row.hosts}`,
    );
  };
  const runs = appliers.flatMap((applier, a) => {
    if (applier === "null_resource" && missingTools(["go"]).length > 0) {
      console.log(
        `${must ? "not ok" : "skip  "} null_resource: go is not installed, so the null provider cannot be built`,
      );
      if (must) process.exitCode = 1;
      return [];
    }
    const all = jobs({ seed: seed + a, random, thorough: long, others: a === 0, only });
    return Array.from({ length: labs }, (_, i) => {
      const own = all.filter((_job, j) => j % labs === i);
      return runJobs(applier, own, scratch, i, keep);
    });
  });
  await Promise.all(runs);
  rmSync(scratch, { recursive: true, force: true });
  console.log(`\n${table(results)}\n`);
  const bad = complaints(results);
  for (const line of bad) console.log(`not ok ${line}`);
  console.log(`${results.length} faults, ${bad.length} not ok; seed ${seed}`);
  if (bad.length > 0 || results.length === 0) process.exitCode = 1;
}

void main();
