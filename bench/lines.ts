import type { Bench } from "./bench";
import type { FleetSpec } from "./fleet";
import { type Line, type Measured, withFloor } from "./line";
import { planLine } from "./lines-plan";
import { roomLines } from "./lines-rooms";
import { typeCheckLine } from "./lines-types";
import { count } from "./table";

/** Which lines are run, and how large. */
export interface Mode {
  readonly quick: boolean;
}

/** Fleets with everything on, their meshes, and what a second synthesis costs. */
export function allLines({ quick }: Mode): readonly Line[] {
  const repetitions = quick ? 1 : 3;
  // The lines that budgets hang on are repeated in the quick run as well.
  const judged = 3;
  const again = quick ? 300 : 1000;
  return [
    ...(quick ? [100, 1000] : [10, 100, 1000, 5000]).map((hosts) => hostsLine(hosts, "linux", few(hosts, judged))),
    hostsLine(quick ? 100 : 1000, "nixos", repetitions),
    ...(quick ? [100, 1000] : [10, 100, 300, 1000]).map((members) => meshLine(members, "mesh", judged)),
    ...(quick ? [300] : [1000, 10_000]).map((members) => meshLine(members, "hub-and-spoke", few(members, repetitions))),
    againLine("unchanged", again, repetitions),
    ...(quick ? [] : [onDisk(againLine("unchanged", again, repetitions))]),
    againLine("one-changed", again, repetitions),
    ...roomLines(quick, repetitions),
    startUpLine(quick ? 5 : 9),
    planLine(quick ? 500 : 1000, 5),
    typeCheckLine(quick ? 1 : 3),
  ];
}

function few(hosts: number, repetitions: number): number {
  return hosts > 1000 ? Math.min(3, repetitions) : repetitions;
}

function hostsLine(hosts: number, platform: "linux" | "nixos", repetitions: number): Line {
  const id = `hosts-${hosts}${platform === "linux" ? "" : `-${platform}`}`;
  return {
    id,
    title: `${count(hosts)} ${platform === "linux" ? "Linux" : "NixOS"} hosts: BBR, jumbo fabric, WireGuard mesh`,
    against: "cdktf app with as many empty resources",
    repetitions,
    measure: (bench) => {
      const measured = withFloor(bench, id, { hosts, platform, features: "all" });
      const reference = bench.run("empty", "emptyApp", hosts);
      return { ...measured, reference };
    },
  };
}

function meshLine(members: number, features: "mesh" | "hub-and-spoke", repetitions: number): Line {
  const id = `${features}-${members}`;
  return {
    id,
    title: `${features === "mesh" ? "full mesh" : "hub and spokes"} of ${count(members)} members`,
    against: "as many plain hosts",
    repetitions,
    measure: (bench) => {
      const measured = withFloor(bench, id, { hosts: members, platform: "linux", features });
      const reference = bench.run("plain", "synth", { hosts: members, platform: "linux", features: "plain" }, true);
      bench.remove("plain");
      return { ...measured, reference };
    },
  };
}

function againLine(id: "unchanged" | "one-changed", hosts: number, repetitions: number): Line {
  return {
    id,
    title: `${count(hosts)} hosts again, ${id === "unchanged" ? "nothing changed" : "one of them changed"}`,
    against: "the first synthesis",
    repetitions,
    measure: (bench) =>
      again(
        bench,
        { hosts, platform: "linux", features: "all" },
        id === "unchanged" ? {} : { changed: Math.floor(hosts / 2) },
      ),
  };
}

function onDisk(line: Line): Line {
  return {
    ...line,
    id: `disk-${line.id}`,
    title: `${line.title}, on a disk`,
    measure: (bench) => bench.onDisk((disk) => line.measure(disk)),
  };
}

function again(bench: Bench, spec: FleetSpec, change: Partial<FleetSpec>): Measured {
  const reference = bench.run("again", "synth", spec, true);
  const before = bench.snapshot("again");
  const subject = bench.run("again", "synth", { ...spec, ...change }, false);
  const after = bench.snapshot("again");
  bench.remove("again");
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  return { subject, reference, rewritten: paths.filter((path) => before.get(path) !== after.get(path)) };
}

const CDKTF = { cdktf: ["App", "TerraformStack"] };
const IMPORTS = ["BbrHost", "Duration", "JumboFabric", "Rate", "Target", "WireGuardMesh"];

function startUpLine(repetitions: number): Line {
  return {
    id: "start-up",
    title: `require("cdktf") and require("netloom")`,
    against: `require("cdktf") alone`,
    repetitions,
    measure: (bench) => ({
      subject: bench.run("start-up", "startUp", { ...CDKTF, netloom: IMPORTS }),
      reference: bench.run("start-up", "startUp", CDKTF),
    }),
  };
}
