import { AGENT_HOME } from "./places";
import { QUOTED, quoteAlways, unquoted } from "./shell";

/** Kinds of checks, with the words that follow. `files` is what every `verify` asks for by itself. */
export const CHECKS = {
  sysctl: "KEY VALUE",
  module: "NAME",
  mtu: "SEL VALUE",
  qdisc: "SEL KIND REACHED",
  manager: "SEL",
  "default-route": "",
  ethtool: "SEL FLAG NAME VALUE",
  address: "SEL CIDR",
  route: "SEL DEST VIA OPTIONS REACHED",
  congestion: "ADDRESS NAME",
  file: "PATH SHA256 MODE",
  files: "",
  service: "UNIT",
  nft: "TABLE",
  wireguard: "DEV PORT MTU",
  "wireguard-handshake": "DEV MAXAGE",
  "wireguard-routes": "DEV LOCAL,LOCAL",
  forward: "DEV FAMILIES",
  ping: "ADDRESS PAYLOAD pass|fail",
  "path-mtu": "ADDRESS MTU",
  command: "TITLE REGEX SCRIPT",
} as const;

/** What a check looks at; the words that follow each kind are those of `Check`. */
export type CheckKind = Exclude<keyof typeof CHECKS, "files">;

/** When a check can be answered: by the host alone, with its peers up, or only under load that nobody asked for. */
export type CheckPhase = "local" | "pair" | "benchmark";

/** What a run of checks can be limited to; `all` is local and pair. */
export const RUN_PHASES = ["local", "pair", "all", "benchmark"] as const;
export type RunPhase = (typeof RUN_PHASES)[number];

/** One line of a `verify` script. */
export interface VerifyLine {
  readonly kind: keyof typeof CHECKS;
  readonly phase: CheckPhase;
  /** Path of the construct that asks for it, and why it does. */
  readonly construct: string;
  readonly because: string;
  readonly args: readonly string[];
}

/** The script that makes the checks of a host. */
export function printVerify(host: string, checks: readonly VerifyLine[]): string {
  return [
    "#!/bin/sh",
    "# shellcheck source=/dev/null disable=SC2016 # scripts of checks are quoted on purpose",
    `. "\${NETLOOM_CHECKS:-${AGENT_HOME}/checks.sh}"`,
    `checks_begin ${quoteAlways(host)} "$@"`,
    ...checks.map(({ kind, phase, construct, because, args }) =>
      ["check", kind, phase, ...[construct, because, ...args].map(quoteAlways)].join(" "),
    ),
    "checks_end",
    "",
  ].join("\n");
}

/** The checks in the text of a `verify` script, in its order. */
export function parseVerify(text: string): readonly VerifyLine[] {
  return [...text.matchAll(new RegExp(`^check (\\S+) (\\S+)((?: ${QUOTED})+)$`, "gm"))].map(([, kind, phase, rest]) => {
    const [construct, because, ...args] = unquoted(rest!) as [string, string, ...string[]];
    return { kind: kind as VerifyLine["kind"], phase: phase as CheckPhase, construct, because, args };
  });
}
