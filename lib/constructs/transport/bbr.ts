import { at } from "../../errors";
import { experimentInterfaces, HostFeature, type HostSettings, type IHost, PathFact } from "../../host";
import { type TcpBuffers, tcpBuffers } from "../../tuning";
import type { Duration, Rate } from "../../units";

/** The network path that TCP is tuned for. */
export interface TransportPath {
  /** Rate of the slowest link. */
  readonly rate: Rate;
  /** Round-trip time without queueing. */
  readonly rtt: Duration;
  /** Parallel connections that share the path. @default 1 */
  readonly streams?: number;
  /** Whether packets are lost other than by full queues: radio, policers, long WAN. @default false */
  readonly lossy?: boolean;
}

/** What {@link Bbr} needs to know. */
export interface BbrProps {
  /** The path to fill; buffers are derived from it. @default - buffers stay the kernel's */
  readonly path?: TransportPath;
  /**
   * Keep the congestion window over idle times, for connections that send in bursts.
   * @default false - the kernel's choice, which suits shared paths
   */
  readonly keepWindowWhenIdle?: boolean;
}

const BBR_SOURCE = "Linux net/ipv4/tcp_bbr.c";
const QDISC_SOURCE = "Linux Documentation/admin-guide/sysctl/net.rst, default_qdisc";
const SYSCTL_SOURCE = "Linux Documentation/networking/ip-sysctl.rst";

/**
 * BBR congestion control with `fq` pacing on a host, and TCP buffers for its path. BBR's own constants are not
 * tunable, so there is nothing to set about them.
 */
export class Bbr extends HostFeature {
  private readonly props: BbrProps;
  private readonly derived: TcpBuffers | undefined;

  /** Throws when one stream cannot fill the path, whatever the buffers. */
  constructor(host: IHost, id: string, props: BbrProps = {}) {
    super(host, id);
    this.props = props;
    const path = props.path;
    this.derived = path && at(this.node.path, () => tcpBuffers({ ...path, kernel: host.kernel }));
  }

  contribute(settings: HostSettings): void {
    const because = "models the path's rate and round trip instead of taking every loss for congestion";
    const reason = { because, source: BBR_SOURCE };
    settings.module("tcp_bbr", {
      because: "the congestion control must exist before it is chosen",
      source: BBR_SOURCE,
    });
    settings.sysctl("net.ipv4.tcp_congestion_control", "bbr", reason);
    this.pacing(settings);
    this.buffers(settings);
    if (this.props.keepWindowWhenIdle) {
      const idle = { because: "bursts start at the window of the last one", source: SYSCTL_SOURCE };
      settings.sysctl("net.ipv4.tcp_slow_start_after_idle", 0, idle);
    }
  }

  /** `default_qdisc` only reaches devices made later, so the ports that are there get their queues re-made. */
  private pacing(settings: HostSettings): void {
    const future = { because: "BBR paces; fq does that for all sockets with one timer", source: QDISC_SOURCE };
    settings.module("sch_fq", future);
    settings.sysctl("net.core.default_qdisc", "fq", future);
    for (const port of experimentInterfaces(this.host)) {
      const now = {
        because: "default_qdisc does not reach queues that exist; one fq per queue keeps them apart",
        source: QDISC_SOURCE,
      };
      settings.qdisc(port.id, { kind: "mq-fq" }, now);
    }
  }

  private buffers(settings: HostSettings): void {
    const path = this.props.path;
    const buffers = this.derived;
    if (path === undefined || buffers === undefined) return;
    settings.fact(
      PathFact,
      this.node.path,
      {
        rateBps: path.rate.toBps(),
        rttMicros: path.rtt.toMicros(),
        lossy: path.lossy ?? false,
        streams: path.streams ?? 1,
      },
      { because: "the path that was given" },
    );
    if (buffers.sysctls.length === 0) {
      settings.note(`TCP buffers are left alone: ${buffers.because}.`, {
        because: buffers.because,
        source: buffers.source,
      });
    }
    for (const { key, value, because, source } of buffers.sysctls) {
      settings.sysctl(key, value, { because, source });
    }
  }
}
