import type { Gate } from "./gates";
import type { LineResult } from "./line";

/** The results as Markdown, so that the page in the docs can take them over as they are. */
export function table(lines: readonly LineResult[]): string {
  const head = ["line", "wall ms", "cpu ms", "× floor", "× reference", "peak MiB", "bytes", "MB/s", "files"];
  const rows = lines.map((line) => [
    line.title,
    rounded(line.subject.wall),
    rounded(line.subject.cpu),
    line.floor === undefined ? "" : times(line.subject.cpu / line.floor.cpu),
    line.reference === undefined ? "" : `${times(line.subject.cpu / line.reference.cpu)} (${line.against})`,
    line.subject.peak === 0 ? "" : rounded(line.subject.peak / 2 ** 20),
    line.subject.bytes === 0 ? "" : count(line.subject.bytes),
    line.rewritten === undefined && line.subject.bytes > 0
      ? (line.subject.bytes / line.subject.cpu / 1000).toFixed(1)
      : "",
    line.rewritten === undefined ? filesOf(line) : `${count(line.rewritten.length)} written`,
  ]);
  return markdown(head, rows);
}

export function gateTable(gates: readonly Gate[]): string {
  const rows = gates.map((gate) => [gate.what, times(gate.value), times(gate.limit), gate.kept ? "kept" : "BROKEN"]);
  return markdown(["budget", "measured", "limit", ""], rows);
}

function filesOf(line: LineResult): string {
  return line.subject.files === 0 ? "" : count(line.subject.files);
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function rounded(value: number): string {
  return count(Math.round(value));
}

function times(value: number): string {
  return value.toFixed(2);
}

export function count(n: number): string {
  return n.toLocaleString("en-US");
}
