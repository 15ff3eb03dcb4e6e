import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nullProviderMirror } from "../e2e/null-provider";
import { inLab, missingTools, noLab, REPOSITORY } from "../support/in-lab";
import { TOOLS_ARE_REQUIRED } from "../support/installed";
import { type Job, jobs } from "./jobs";
import type { ApplierName } from "./scenario";
import { complaints, type Row, tables, withTables } from "./table";

const USAGE = `usage: npm run faults -- [--short | --long] [options]
  --applier terraform_data | null_resource    only this one
  --only TEXT       only faults whose part or name holds TEXT
  --random N        kills at random moments, for each applier
  --seed N          decides faults and moments
  --hosts N         in each lab, at least 2; the default is 3
  --labs N          labs at once, for each applier
  --minutes N       start no fault later than that, and say how many were left
  --rows FILE       append each result to FILE, as JSON lines
  --page FILE       put the tables into a Markdown page; with --from, those of an earlier run's rows
  --from FILE       inject nothing, tell what FILE has`;

function usage(): never {
  console.error(USAGE);
  process.exit(2);
}

interface Options {
  readonly long: boolean;
  readonly appliers: readonly ApplierName[];
  readonly only?: string;
  readonly random: number;
  readonly seed: number;
  readonly hosts: number;
  readonly labs: number;
  readonly minutes: number;
  readonly rows?: string;
  readonly page?: string;
  readonly from?: string;
}

function options(args: readonly string[]): Options {
  const value = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const known: readonly string[] = USAGE.match(/--[a-z]+/g) ?? [];
  if (args.some((word) => word.startsWith("--") && !known.includes(word))) usage();
  const long = args.includes("--long");
  const applier = value("--applier");
  if (applier !== undefined && applier !== "terraform_data" && applier !== "null_resource") usage();
  return {
    long,
    appliers: applier === undefined ? ["terraform_data", "null_resource"] : [applier],
    only: value("--only"),
    random: Number(value("--random") ?? (long ? 60 : 4)),
    seed: Number(value("--seed") ?? (long ? Math.floor(Math.random() * 1e9) : 1)),
    hosts: Number(value("--hosts") ?? 3),
    labs: Number(value("--labs") ?? 1),
    minutes: Number(value("--minutes") ?? (long ? 600 : 8)),
    rows: value("--rows"),
    page: value("--page"),
    from: value("--from"),
  };
}

/** Runs faults one after the other, in a new lab after each that the last one could not be repaired from. */
async function runJobs(
  applier: ApplierName,
  jobs: readonly Job[],
  { file, until, hosts }: Place,
  keep: (row: Row) => void,
) {
  const env: NodeJS.ProcessEnv = {
    NETLOOM_FAULTS_UNTIL: String(until),
    ...(applier === "null_resource" ? { NETLOOM_E2E_TERRAFORMRC: nullProviderMirror(REPOSITORY) } : {}),
  };
  let left = jobs;
  while (left.length > 0) {
    writeFileSync(file, JSON.stringify(left));
    let done = 0;
    const code = await inLab({
      hosts,
      program: [join(__dirname, "in-lab.ts"), applier, file],
      env,
      onLine: (line) => {
        if (line.startsWith("row ")) keep(JSON.parse(line.slice(4)) as Row);
        if (line === "done") done++;
        else if (!line.startsWith("row ")) console.log(line);
      },
    });
    if (code === 0) return;
    left = left.slice(done);
    if (done > 0) continue;
    const complaint = `the lab ended with status ${code} before its first fault; ${left.length} were not tried`;
    const fault = { part: "lab", applier, fault: "lab", moment: "-" };
    return keep({ ...fault, hosts: "mixture", silent: false, healedBy: 0, complaints: [complaint] });
  }
}

interface Place {
  /** Where the lab finds what to do. */
  readonly file: string;
  /** When the last fault may begin, in milliseconds since 1970. */
  readonly until: number;
  readonly hosts: number;
}

async function main(): Promise<void> {
  const wish = options(process.argv.slice(2));
  const results = wish.from === undefined ? await inject(wish) : readRows(wish.from);
  console.log(`\n${tables(results)}\n`);
  const bad = complaints(results);
  for (const line of bad) console.log(`not ok ${line}`);
  console.log(`${results.length} faults, ${bad.length} not ok; seed ${wish.seed}`);
  if (wish.page !== undefined) writeFileSync(wish.page, withTables(readFileSync(wish.page, "utf8"), results));
  if (bad.length > 0 || results.length === 0) process.exitCode = 1;
}

const readRows = (file: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);

async function inject({
  long,
  appliers,
  only,
  random,
  seed,
  hosts,
  labs,
  minutes,
  rows,
}: Options): Promise<readonly Row[]> {
  const reason = noLab();
  if (reason !== undefined) {
    console.log(`${TOOLS_ARE_REQUIRED ? "not ok" : "skip  "} faults: ${reason}`);
    process.exit(TOOLS_ARE_REQUIRED ? 1 : 0);
  }
  console.log(`faults: seed ${seed}`);
  const scratch = mkdtempSync(join(tmpdir(), "netloom-faults-"));
  const results: Row[] = [];
  const until = Date.now() + minutes * 60_000;
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
      const verdict = TOOLS_ARE_REQUIRED ? "not ok" : "skip  ";
      console.log(`${verdict} null_resource: go is not installed, so the null provider cannot be built`);
      if (TOOLS_ARE_REQUIRED) process.exitCode = 1;
      return [];
    }
    const share = [a, appliers.length] as const;
    const all = jobs({ seed: seed + a, shareSeed: seed, random, thorough: long, share, only });
    return Array.from({ length: labs }, (_, i) => {
      const own = all.filter((_job, j) => j % labs === i);
      return runJobs(applier, own, { file: join(scratch, `${applier}-${i}.json`), until, hosts }, keep);
    });
  });
  await Promise.all(runs);
  rmSync(scratch, { recursive: true, force: true });
  return results;
}

void main();
