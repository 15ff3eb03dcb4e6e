import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Bench } from "./bench";
import { address, name } from "./fleet-names";
import { median, type Sample, sizeOf } from "./measure";
import { count, markdown } from "./table";

/**
 * Full meshes by wg-meshconf and by Netloom, as whole processes, run in turn. The program is not part of this project:
 * the argument is a Python that has it (`pip install wg-meshconf==2.5.1 cryptography rich`).
 */
function compare(python: string): void {
  const bench = new Bench();
  try {
    const rows = [10, 100, 300, 1000].map((members) => row(bench, python, members, members === 1000 ? 3 : 5));
    const head = ["members", "wg-meshconf s", "user s", "bytes", "Netloom s", "user s", "bytes", "of them cdk.tf.json"];
    console.log(markdown(head, rows));
  } finally {
    bench.close();
  }
}

function row(bench: Bench, python: string, members: number, repetitions: number): readonly string[] {
  const theirs: Sample[] = [];
  const ours: Sample[] = [];
  const database = prepare(bench, python, members);
  for (let i = 0; i < repetitions; i++) {
    rmSync(bench.place("wg-out"), { recursive: true, force: true });
    theirs.push(bench.command(bench.place("wg"), python, [...MODULE, "-d", database, "genconfig", "-o", "../wg-out"]));
    ours.push(bench.whole("ours", "synth", { hosts: members, platform: "linux", features: "mesh" }, true));
  }
  const terraform = sizeOf(join(bench.place("ours"), "cdktf.out"), (path) => path.endsWith("cdk.tf.json")).bytes;
  const seconds = (samples: readonly Sample[], field: "wall" | "cpu") =>
    (median(samples.map((sample) => sample[field])) / 1000).toFixed(2);
  return [
    count(members),
    seconds(theirs, "wall"),
    seconds(theirs, "cpu"),
    count(sizeOf(bench.place("wg-out")).bytes),
    seconds(ours, "wall"),
    seconds(ours, "cpu"),
    count(sizeOf(bench.place("ours/cdktf.out")).bytes),
    count(terraform),
  ];
}

const MODULE = ["-m", "wg_meshconf"];
const COLUMNS =
  "Name,Address,Endpoint,AllowedIPs,ListenPort,PersistentKeepalive,FwMark,PrivateKey,DNS,MTU,Table,PreUp,PostUp,PreDown,PostDown,SaveConfig";

/** The database of the published procedure: same names, addresses, port and MTU in every run; keys are made once. */
function prepare(bench: Bench, python: string, members: number): string {
  const directory = bench.place("wg");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const lines = Array.from({ length: members }, (_, i) => {
    const fields = [name(i), `${address("10.100", i)}/32`, address("172.20", i), "", "51820", "", "", "", "", "1420"];
    return [...fields, ...Array(6).fill("")].map((field) => `"${field}"`).join(",");
  });
  const quoted = COLUMNS.split(",").map((column) => `"${column}"`);
  writeFileSync(join(directory, "db.csv"), `${[quoted.join(","), ...lines].join("\n")}\n`);
  bench.command(directory, python, [...MODULE, "-d", "db.csv", "init"]);
  return "db.csv";
}

compare(process.argv[2] ?? "python3");
