import { type Line, withFloor } from "./line";
import { count } from "./table";

/** Lines of single rooms: RDMA, Cilium, CloudLab, the Nix printer. */
export function roomLines(quick: boolean, repetitions: number): readonly Line[] {
  return [
    rdmaLine(quick ? 100 : 1000, repetitions),
    policiesLine(1000, 3),
    ...[500, 5000].map((nodes) => manifestLine(nodes, 3)),
    ...[4000, 20_000, ...(quick ? [] : [60_000])].map((options) => printerLine(options, 3)),
  ];
}

function rdmaLine(hosts: number, repetitions: number): Line {
  return {
    id: `rdma-${hosts}`,
    title: `${count(hosts)} RDMA nodes on a lossless fabric`,
    against: "as many hosts without RDMA, with everything else",
    repetitions,
    measure: (bench) => {
      const measured = withFloor(bench, "rdma", { hosts, platform: "linux", features: "rdma" });
      const reference = bench.run("all", "synth", { hosts, platform: "linux", features: "all" }, true);
      bench.remove("all");
      return { ...measured, reference };
    },
  };
}

function policiesLine(policies: number, repetitions: number): Line {
  return {
    id: "policies",
    title: `cluster with ${count(policies)} Cilium policies`,
    against: "the same objects, printed by the YAML library",
    repetitions,
    measure: (bench) => {
      const subject = bench.run("policies", "policies", policies);
      const floor = bench.run("policies", "floor", `${bench.place("policies")}/cdktf.out`);
      const reference = bench.run("policies", "policiesYaml", policies);
      bench.remove("policies");
      return { subject, floor, reference };
    },
  };
}

function manifestLine(nodes: number, repetitions: number): Line {
  return {
    id: `manifest-${nodes}`,
    title: `import of a CloudLab manifest with ${count(nodes)} nodes`,
    repetitions,
    measure: (bench) => {
      const subject = bench.run("manifest", "manifest", nodes);
      return { subject, floor: bench.run("manifest", "manifestFloor") };
    },
  };
}

function printerLine(options: number, repetitions: number): Line {
  return {
    id: `printer-${options}`,
    title: `Nix printer, ${count(options)} options`,
    against: "JSON.stringify of the same values",
    repetitions,
    measure: (bench) => {
      const subject = bench.run("printer", "printer", options);
      const reference = bench.run("printer", "printerJson", options);
      return { subject, reference, floor: bench.run("printer", "printerFloor", subject.bytes) };
    },
  };
}
