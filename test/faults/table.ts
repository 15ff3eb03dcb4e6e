/** What one injected fault came to. */
export interface Row {
  /** Which part of the program: `kills`, `liar`, `damage`, `disk`, `clock`. */
  readonly part: string;
  readonly applier: string;
  /** What was done. */
  readonly fault: string;
  /** When: a phase boundary, or `random`. */
  readonly moment: string;
  /** How the hosts stood afterwards; `mixture` is the failure. */
  readonly hosts: "old" | "new" | "some old, some new" | "mixture";
  /** Terraform saw no work although not every host was at the new generation. */
  readonly silent: boolean;
  /** Deploys until all hosts were at the new generation and the next plan was empty; 0 if none of those tried did it. */
  readonly healedBy: number;
  /** What else is wrong: a run that hung, a stack trace, a mixture's detail. */
  readonly complaints: readonly string[];
}

export const isGood = (row: Row) =>
  row.hosts !== "mixture" && !row.silent && row.healedBy === 1 && row.complaints.length === 0;

const HEAD = [
  "fault",
  "n",
  "all old",
  "all new",
  "some of each",
  "a mixture",
  "silent “No changes”",
  "next deploy heals",
];

/** What the parts are, in the order in which they are told. */
const PARTS: Readonly<Record<string, string>> = {
  kills: "Kills and power cuts",
  lies: "A host that lies",
  damage: "Damaged state",
  disks: "Full and read-only disks",
  clocks: "Clock steps",
  lab: "The laboratory itself",
};

/** A table in Markdown for each part, with one line for each fault. */
export function tables(rows: readonly Row[]): string {
  return Object.entries(PARTS)
    .map(([part, title]) => ({ title, own: rows.filter((row) => row.part === part) }))
    .filter(({ own }) => own.length > 0)
    .map(({ title, own }) => `### ${title}\n\n${table(own)}`)
    .join("\n\n");
}

export function table(rows: readonly Row[]): string {
  const faults = [...new Set(rows.map((row) => row.fault))].sort();
  const line = (name: string, own: readonly Row[]) => {
    const count = (test: (row: Row) => boolean) => String(own.filter(test).length);
    return [
      name,
      String(own.length),
      count((row) => row.hosts === "old"),
      count((row) => row.hosts === "new"),
      count((row) => row.hosts === "some old, some new"),
      count((row) => row.hosts === "mixture"),
      count((row) => row.silent),
      `${count((row) => row.healedBy === 1)} of ${own.length}`,
    ];
  };
  const lines = faults.map((fault) =>
    line(
      fault,
      rows.filter((row) => row.fault === fault),
    ),
  );
  const all = [...lines, line("**all**", rows)];
  return [HEAD, HEAD.map(() => "---"), ...all].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const [BEGIN, END] = ["<!-- results of npm run faults -->", "<!-- end of results -->"];

/** A page with the tables of these rows in place of those that it had, and everything that was not as it must be. */
export function withTables(page: string, rows: readonly Row[]): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no lines ${BEGIN} and ${END}`);
  const bad = complaints(rows).map((text) => `* ${text}`);
  const list = bad.length === 0 ? "Nothing was otherwise than it must be." : `Not as it must be:\n\n${bad.join("\n")}`;
  return `${before}${BEGIN}\n\n${tables(rows)}\n\n${list}\n\n${END}${after}`;
}

/** Everything that is not as it must be, one line each. */
export function complaints(rows: readonly Row[]): string[] {
  return rows
    .filter((row) => !isGood(row))
    .map((row) => {
      const words = [
        ...(row.hosts === "mixture" ? ["a mixture"] : []),
        ...(row.silent ? ["silent “No changes”"] : []),
        ...(row.healedBy === 1 ? [] : [row.healedBy === 0 ? "not healed" : `healed by deploy ${row.healedBy}`]),
        ...row.complaints,
      ];
      return `${row.applier}: ${row.fault}, ${row.moment}: ${words.join("; ")}`;
    });
}

/** Deterministic numbers in [0, 1) from a seed (mulberry32). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
