import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckResult, reportIn, type VerifyResult } from "../contract";
import { DeployError } from "./failure";
import type { StackIndex } from "./index-file";
import { result } from "./progress";

/** Up to this many hosts, every check gets its line on the terminal; above, only what is not ok. The files have all. */
const SHOW_ALL = 8;

/** Writes `report/`, prints the summary, and fails when a check is not ok. */
export function reportFleet(index: StackIndex, headline: string, reports: ReadonlyMap<string, VerifyResult>): void {
  const directory = join(index.directory, "report");
  mkdirSync(directory, { recursive: true });
  for (const [name, report] of reports)
    writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
  const all = new Map<string, VerifyResult>();
  for (const name of [...index.hosts.keys()].sort()) {
    const report = reports.get(name) ?? earlierReport(join(directory, `${name}.json`));
    if (report !== undefined) all.set(name, report);
  }
  writeFileSync(join(directory, "fleet.txt"), fleetText(all));
  result(`netloom: ${headline}`);
  for (const [name, report] of [...reports].sort(([a], [b]) => (a < b ? -1 : 1))) {
    result(summary(name, report));
    const lines = report.checks.filter(
      (check) => check.status === "fail" || (check.status === "ok" && reports.size <= SHOW_ALL),
    );
    for (const check of lines) result(checkLine(check));
  }
  const bad = [...reports].filter(([, report]) => !report.ok).map(([name]) => name);
  if (bad.length > 0)
    throw new DeployError(`checks are not ok on ${bad.join(", ")} (report/fleet.txt has all of them)`);
}

/** What an earlier run wrote; one that was killed may have left half of it. */
function earlierReport(file: string): VerifyResult | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return reportIn(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

export function summary(name: string, report: VerifyResult): string {
  const count = (status: CheckResult["status"]) => report.checks.filter((check) => check.status === status).length;
  const skipped = count("skip");
  const reasons = new Set(
    report.checks.filter((check) => check.status === "skip").map((check) => check.found.replace("not run: ", "")),
  );
  return `${name}: ${count("ok")} ok, ${count("fail")} not ok${skipped === 0 ? "" : `, ${skipped} not run (${[...reasons].join("; ")})`}`;
}

export function checkLine(check: CheckResult): string {
  const what = `${check.kind} ${check.what}`;
  if (check.status === "ok") return `  ok     ${what}: ${check.found} (${check.construct})`;
  return `  not ok ${what}: wanted ${check.wanted}, found ${check.found} (${check.construct}: ${check.because})`;
}

/** All reports as one TAP text: every check with what was wanted, found, by which construct, and why. */
export function fleetText(reports: ReadonlyMap<string, VerifyResult>): string {
  const lines: string[] = ["TAP version 14"];
  let number = 0;
  for (const [name, report] of reports) {
    for (const check of report.checks) {
      number++;
      const verdict = check.status === "fail" ? "not ok" : "ok";
      const skip = check.status === "skip" ? ` # SKIP ${check.found}` : "";
      lines.push(`${verdict} ${number} - ${name}: ${check.kind} ${check.what}${skip}`);
      lines.push("  ---");
      for (const key of ["wanted", "found", "construct", "because"] as const)
        lines.push(`  ${key}: ${JSON.stringify(check[key])}`);
      lines.push("  ...");
    }
  }
  lines.push(`1..${number}`);
  return `${lines.join("\n")}\n`;
}
