import { defineProblem } from "../errors";
import { Duration } from "../units";
import type { DerivedSysctl } from "./derivation";

const KEEPALIVE = defineProblem("NL-KEEPALIVE", "The first keepalive probe comes before the path forgets the flow");

const SOURCE = "Linux Documentation/networking/ip-sysctl.rst, tcp_keepalive_time";

/** When TCP asks whether a silent peer is still there. What is left out keeps the kernel's value. */
export interface KeepaliveProps {
  /** Idle time before the first probe. @default 7200 s */
  readonly idle?: Duration;
  /** Time between probes. @default 75 s */
  readonly interval?: Duration;
  /** Unanswered probes after which the connection is dropped. @default 9 */
  readonly probes?: number;
  /** Shortest idle timeout of a NAT or firewall on the path. @default - there is none */
  readonly pathIdleTimeout?: Duration;
}

/** What the timers add up to, and the parameters that set them. */
export interface Keepalive {
  /** How long a dead peer goes unnoticed. */
  readonly detection: Duration;
  /** Parameters for the timers that were given; empty when none was. */
  readonly sysctls: readonly DerivedSysctl[];
}

/** TCP keepalive for sockets that ask for it. Throws `NL-KEEPALIVE` when the first probe comes after the path forgot the flow. */
export function keepalive(props: KeepaliveProps): Keepalive {
  const idle = props.idle ?? Duration.seconds(7200);
  const interval = props.interval ?? Duration.seconds(75);
  const probes = props.probes ?? 9;
  if (props.pathIdleTimeout && idle.compareTo(props.pathIdleTimeout) >= 0) {
    throw KEEPALIVE({
      what: "the first keepalive probe comes after the NAT or firewall on the path has forgotten the connection",
      value: idle.toString(),
      allowed: `less than ${props.pathIdleTimeout}`,
    });
  }
  const detection = idle.plus(interval.times(probes));
  const because = `a dead peer is noticed after ${detection.toSeconds()} s: idle + interval × probes`;
  const values = [
    ["intvl", props.interval?.toSeconds()],
    ["probes", props.probes],
    ["time", props.idle?.toSeconds()],
  ] as const;
  const sysctls = values
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({
      key: `net.ipv4.tcp_keepalive_${name}`,
      value: String(Math.round(value!)),
      because,
      source: SOURCE,
    }));
  return { detection, sysctls };
}
