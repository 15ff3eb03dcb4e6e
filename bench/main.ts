import { mkdirSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import { join } from "node:path";
import { Bench } from "./bench";
import { gates } from "./gates";
import { runLines } from "./line";
import { allLines } from "./lines";
import { gateTable, table } from "./table";

const quick = process.argv.includes("--quick");
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const lines = allLines({ quick }).filter((line) => wanted.length === 0 || wanted.some((id) => line.id.startsWith(id)));

const bench = new Bench();
const started = performance.now();
try {
  const results = runLines(bench, lines, (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const judged = gates(results);
  const seconds = Math.round((performance.now() - started) / 1000);
  const report = { mode: quick ? "quick" : "full", seconds, machine: machine(), lines: results, gates: judged };
  const target = join(bench.project, "target");
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, "bench.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(`${table(results)}\n\n${gateTable(judged)}\n`);
  console.log(
    `${report.machine.cpu}, ${report.machine.cores} cores, Node ${report.machine.node}; ${seconds} s; target/bench.json`,
  );
  process.exitCode = judged.every((gate) => gate.kept) ? 0 : 1;
} finally {
  bench.close();
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
