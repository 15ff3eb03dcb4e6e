import type { CheckKind, CheckPhase } from "../contract";
import { defineProblem } from "../errors";

const CHECK_ARGUMENT = defineProblem("NL-CHECK-ARGUMENT", "Arguments of checks are not empty and have no NUL byte");

/** One thing that is proved on the machine after a deploy. `args` are the words of the check kind in `checks.sh`. */
export interface CheckSpec {
  /** What it looks at. */
  readonly kind: CheckKind;
  /** When it can be answered. */
  readonly phase: CheckPhase;
  /** Words of the kind, in the order of the parameters of {@link Check}; no NUL bytes. */
  readonly args: readonly string[];
}

/** What a custom check runs and what it expects. */
export interface CommandCheckProps {
  /** Short title for the report. */
  readonly title: string;
  /** POSIX sh; its standard output is compared with `expect`. Exit status 77 means that it could not be run, and its output why. */
  readonly run: string;
  /** Extended regular expression that the output must match as a whole line. @default - exit status 0 is enough */
  readonly expect?: string;
  /** When it can be answered. @default "local" */
  readonly phase?: CheckPhase;
}

/** Constructors of checks. A port is given by its selector, see `selectorOf`. */
export const Check = {
  /** The live value of a sysctl equals `value`. */
  sysctl: (key: string, value: string): CheckSpec => spec("sysctl", "local", [key, value]),
  /** A kernel module is loaded or built in. */
  module: (name: string): CheckSpec => spec("module", "local", [name]),
  /** The MTU of a port. */
  mtu: (selector: string, mtu: number): CheckSpec => spec("mtu", "local", [selector, String(mtu)]),
  /**
   * The root queueing discipline of a port; `mq-fq` also wants `fq` on every queue. A packet that is sent to `reached`
   * is counted by these queues; `-` leaves that open.
   */
  qdisc: (selector: string, kind: string, reached = "-"): CheckSpec =>
    spec("qdisc", "local", [selector, kind, reached]),
  /** A driver setting as `ethtool -<flag>` prints it, e.g. `("mac=…", "g", "rx", "4096")`. */
  ethtool: (selector: string, flag: "g" | "l" | "c" | "k" | "a", name: string, value: string): CheckSpec =>
    spec("ethtool", "local", [selector, flag, name, value]),
  /** A port carries an address. */
  address: (selector: string, cidr: string): CheckSpec => spec("address", "local", [selector, cidr]),
  /**
   * A route is there with the given gateway (`-` for any) and options, e.g. `"mtu 1500"`. A packet to `reached` takes
   * it, and no other one that the kernel prefers; `-` leaves that open.
   */
  route: (selector: string, destination: string, via: string, options: string, reached = "-"): CheckSpec =>
    spec("route", "local", [selector, destination, via, options, reached]),
  /** A new TCP connection to `address` uses this congestion control, by its route or by the host's default. */
  congestion: (address: string, name: string): CheckSpec => spec("congestion", "local", [address, name]),
  /** No other program manages the port, so that it is the same after a reboot. */
  manager: (selector: string): CheckSpec => spec("manager", "local", [selector]),
  /** The host's default routes and name servers go through the same devices as before the change. */
  defaultRoute: (): CheckSpec => spec("default-route", "local", []),
  /** A file has the given sha256. */
  file: (path: string, sha256: string, mode = "-"): CheckSpec => spec("file", "local", [path, sha256, mode]),
  /** A systemd unit is active. */
  service: (unit: string): CheckSpec => spec("service", "local", [unit]),
  /** An nftables table exists, e.g. `"inet netloom-qos"`. */
  nft: (table: string): CheckSpec => spec("nft", "local", [table]),
  /** A WireGuard device is up, listens on `port` and has `mtu`. */
  wireguard: (device: string, port: number, mtu: number): CheckSpec =>
    spec("wireguard", "local", [device, String(port), String(mtu)]),
  /** Every peer of a WireGuard device has shaken hands within `maxAgeSeconds`. */
  wireguardHandshake: (device: string, maxAgeSeconds: number): CheckSpec =>
    spec("wireguard-handshake", "pair", [device, String(maxAgeSeconds)]),
  /**
   * Packets to every AllowedIP go through the device, by the route that wins; those to `localNetworks` and to the
   * endpoints of peers do not.
   */
  wireguardRoutes: (device: string, localNetworks: readonly string[] = []): CheckSpec =>
    spec("wireguard-routes", "local", [device, localNetworks.join(",") || "-"]),
  /** No firewall of the host drops forwarded packets of these families by default without a rule that names `device`. */
  forward: (device: string, families: readonly (4 | 6)[]): CheckSpec =>
    spec("forward", "pair", [device, [...new Set(families)].sort().join(",")]),
  /** A packet of `payload` bytes with the don't-fragment bit does (or does not) reach `address`. */
  ping: (address: string, payload: number, expect: "pass" | "fail" = "pass"): CheckSpec =>
    spec("ping", "pair", [address, String(payload), expect]),
  /** Packets of exactly `mtu` bytes reach `address` unfragmented and larger ones do not. */
  pathMtu: (address: string, mtu: number): CheckSpec => spec("path-mtu", "pair", [address, String(mtu)]),
  /** Anything else. */
  command: (props: CommandCheckProps): CheckSpec =>
    spec("command", props.phase ?? "local", [props.title, props.expect ?? "-", props.run]),
};

function spec(kind: CheckKind, phase: CheckPhase, args: readonly string[]): CheckSpec {
  const allowedEmpty = kind === "route" ? 3 : -1;
  if (args.some((arg, i) => (arg === "" && i !== allowedEmpty) || arg.includes("\0"))) {
    throw CHECK_ARGUMENT({
      what: `an argument of a ${kind} check is empty or has a NUL byte`,
      value: args,
      allowed: "text without NUL",
    });
  }
  return { kind, phase, args };
}
