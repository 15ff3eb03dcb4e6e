import { fail } from "../errors";

/** When a check can be answered: by the host alone, with its peers up, or only under load that nobody asked for. */
export type CheckPhase = "local" | "pair" | "benchmark";

/** One thing that is proved on the machine after a deploy. `args` are the words of the check kind in `checks.sh`. */
export interface CheckSpec {
  readonly kind: CheckKind;
  readonly phase: CheckPhase;
  readonly args: readonly string[];
}

export type CheckKind =
  | "sysctl"
  | "mtu"
  | "module"
  | "qdisc"
  | "address"
  | "route"
  | "file"
  | "service"
  | "ping"
  | "wireguard-handshake"
  | "command";

/** What a custom check runs and what it expects. */
export interface CommandCheckProps {
  /** Short title for the report. */
  readonly title: string;
  /** POSIX sh; its standard output is compared with `expect`. */
  readonly run: string;
  /** Extended regular expression that the output must match as a whole line. @default - exit status 0 is enough */
  readonly expect?: string;
  /** When it can be answered. @default "local" */
  readonly phase?: CheckPhase;
}

/** Constructors of checks. A port is given by its selector, see {@link selectorOf}. */
export const Check = {
  /** The live value of a sysctl equals `value`. */
  sysctl: (key: string, value: string): CheckSpec => spec("sysctl", "local", [key, value]),
  /** A kernel module is loaded or built in. */
  module: (name: string): CheckSpec => spec("module", "local", [name]),
  /** The MTU of a port. */
  mtu: (selector: string, mtu: number): CheckSpec => spec("mtu", "local", [selector, String(mtu)]),
  /** The queueing discipline of a port; `mq-leaves` checks every leaf below `mq`. */
  qdisc: (selector: string, kind: string): CheckSpec => spec("qdisc", "local", [selector, kind]),
  /** A port carries an address. */
  address: (selector: string, cidr: string): CheckSpec => spec("address", "local", [selector, cidr]),
  /** The route to a destination has the given properties, e.g. `"mtu 1500"`. */
  route: (destination: string, wanted: string): CheckSpec => spec("route", "local", [destination, wanted]),
  /** A file exists with the content of the given sha256. */
  file: (path: string, sha256: string): CheckSpec => spec("file", "local", [path, sha256]),
  /** A systemd unit is active. */
  service: (unit: string): CheckSpec => spec("service", "local", [unit]),
  /** A packet of `size` payload bytes with the don't-fragment bit does (or does not) reach `address`. */
  ping: (address: string, size: number, expect: "pass" | "fail" = "pass"): CheckSpec =>
    spec("ping", "pair", [address, String(size), expect]),
  /** Every peer of a WireGuard device has shaken hands within `maxAgeSeconds`. */
  wireguardHandshake: (device: string, maxAgeSeconds: number): CheckSpec =>
    spec("wireguard-handshake", "pair", [device, String(maxAgeSeconds)]),
  /** Anything else. */
  command: (props: CommandCheckProps): CheckSpec =>
    spec("command", props.phase ?? "local", [props.title, props.run, props.expect ?? ""]),
};

function spec(kind: CheckKind, phase: CheckPhase, args: readonly string[]): CheckSpec {
  const empty = args.findIndex((arg, i) => arg === "" && !(kind === "command" && i === 2));
  if (empty >= 0 || args.some((arg) => arg.includes("\0"))) {
    fail({
      code: "NL-CHECK-ARGUMENT",
      what: `an argument of a ${kind} check is empty or has a NUL byte`,
      value: args,
      allowed: "text without NUL",
    });
  }
  return { kind, phase, args };
}
