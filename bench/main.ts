import { mkdirSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Bench } from "./bench";
import { gates } from "./gates";
import { type Line, runLines } from "./line";
import { allLines } from "./lines";
import { gateTable, table } from "./table";

const USAGE = `usage: npm run bench -- [--quick] [--no-build] [line …]

Builds the package, measures it line by line, prints a table, and writes target/bench.json. The exit status is 1 when a budget is broken.

  --quick      small fleets and few repetitions: at most about a minute
  --no-build   the package as it was built last
  line         only the lines whose names begin so`;

const { values: options, positionals: wanted } = arguments_();
const lines = allLines({ quick: options.quick });
const names = lines.map((line) => line.id);
const unknown = wanted.filter((word) => !names.some((name) => name.startsWith(word)));
if (options.help) {
  console.log(`${USAGE}\n\nlines: ${names.join(", ")}`);
} else if (unknown.length > 0) {
  usageError(`no line is called ${unknown.join(", ")}; lines: ${names.join(", ")}`);
} else {
  run(lines.filter((line) => wanted.length === 0 || wanted.some((word) => line.id.startsWith(word))));
}

function arguments_() {
  try {
    const flag = { type: "boolean", default: false } as const;
    return parseArgs({
      allowPositionals: true,
      options: { quick: flag, "no-build": flag, help: { ...flag, short: "h" } },
    });
  } catch (error) {
    return usageError((error as Error).message);
  }
}

function usageError(what: string): never {
  console.error(`${what}\n\n${USAGE}`);
  process.exit(2);
}

function run(chosen: readonly Line[]): void {
  const bench = new Bench();
  try {
    if (!options["no-build"]) bench.build();
    const started = performance.now();
    const results = runLines(bench, chosen, (text) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
    });
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
    const judged = gates(results);
    const seconds = Math.round((performance.now() - started) / 1000);
    const size = options.quick ? "quick" : "full";
    const mode = wanted.length === 0 ? size : `${size}, chosen lines`;
    const report = { mode, seconds, machine: machine(), lines: results, gates: judged };
    const target = join(bench.project, "target");
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, "bench.json"), `${JSON.stringify(report, undefined, 2)}\n`);
    console.log(`${table(results)}\n\n${gateTable(judged)}\n`);
    const { cpu, cores, node } = report.machine;
    console.log(`${cpu}, ${cores} cores, Node ${node}; ${seconds} s; target/bench.json`);
    process.exitCode = judged.every((gate) => gate.kept) ? 0 : 1;
  } finally {
    bench.close();
  }
}

/** What the numbers depend on, without anything that names the place. */
function machine() {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.version,
  };
}
