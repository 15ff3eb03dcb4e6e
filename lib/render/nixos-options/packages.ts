/** A package that people know from other distributions, and that nixpkgs lacks. */
interface AbsentPackage {
  /** Why it counts as absent. */
  readonly source: string;
  readonly remedy: string;
}

const ABSENT: Readonly<Record<string, AbsentPackage>> = {
  perftest: {
    source: "not in nixpkgs of September 2024; its package request, NixOS/nixpkgs issue 229181, was open in May 2025",
    remedy: "without it (benchmark: false of an RdmaNode)",
  },
  "mlnx-ofed": { source: "no such package in nixpkgs", remedy: "rdma-core and mstflint" },
  lldpad: { source: "no such package in nixpkgs", remedy: "lldpd, and dcb of iproute2" },
};

/** What is known of a package that nixpkgs does not have; `undefined` when it may be there. */
export function absentPackage(attributePath: string): AbsentPackage | undefined {
  return Object.hasOwn(ABSENT, attributePath) ? ABSENT[attributePath] : undefined;
}
