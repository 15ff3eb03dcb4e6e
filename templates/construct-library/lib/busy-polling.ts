import { Duration, type IHost } from "netloom";
import { HostFeature, type HostSettings } from "netloom/features";

/** How long sockets look for packets before they sleep. */
export interface BusyPollingProps {
  /** Time that a blocking read, and `poll`, spend looking at the card's queue. @default Duration.micros(50) */
  readonly budget?: Duration;
}

const SOURCE = "Linux Documentation/admin-guide/sysctl/net.rst, busy_read and busy_poll";

/**
 * Low receive latency at the price of CPU time: a socket that waits looks at the card's queue itself instead of
 * waiting for the interrupt.
 */
export class BusyPolling extends HostFeature {
  private readonly micros: number;

  constructor(host: IHost, id: string, props: BusyPollingProps = {}) {
    super(host, id);
    this.micros = (props.budget ?? Duration.micros(50)).toMicros();
  }

  /** Asked once per synthesis. Every value says why it is there; Netloom reads it back after the deploy. */
  contribute(settings: HostSettings): void {
    const reason = { because: `sockets look for packets for ${this.micros} µs before they sleep`, source: SOURCE };
    for (const key of ["net.core.busy_read", "net.core.busy_poll"]) settings.sysctl(key, this.micros, reason);
  }
}
