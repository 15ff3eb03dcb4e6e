import { defineProblem } from "../../errors";
import { HostFeature, type HostSettings, type IHost, type NetworkInterface } from "../../host";
import { CONGESTION_CONTROLS, tcpEcn } from "../../tuning";
import type { JumboFabric } from "../fabric";

const OFF_SEGMENT = defineProblem("NL-DCTCP-SEGMENT", "A host with DCTCP towards a segment is on that segment");

/** What {@link Dctcp} needs to know. */
export interface DctcpProps {
  /** The segment. Every host of it must run DCTCP, and every switch mark ECN: without marks DCTCP never slows down in time. */
  readonly fabric: JumboFabric;
}

const REASON = {
  because: "queues stay at the marking threshold on this fabric",
  source: CONGESTION_CONTROLS.dctcp.source,
};

/**
 * DCTCP towards the hosts of one segment that marks ECN. It is set on the route to the segment, not for the whole host:
 * towards hosts that do not run it, either side starves.
 */
export class Dctcp extends HostFeature {
  private readonly port: NetworkInterface;

  /** Throws `NL-DCTCP-SEGMENT` when the host is not on the segment. Whether its switches mark is judged by `NL-027-ROUTE`. */
  constructor(host: IHost, id: string, props: DctcpProps) {
    super(host, id);
    const port = props.fabric.portOf(host);
    if (port === undefined) {
      throw OFF_SEGMENT({
        path: this.node.path,
        others: [props.fabric.node.path],
        what: `host ${host.hostName} is not on this segment`,
        allowed: "a host that is attached",
        remedy: "fabric.attach(host)",
      });
    }
    this.port = port;
  }

  contribute(settings: HostSettings): void {
    settings.module("tcp_dctcp", REASON);
    for (const { key, value, because, source } of tcpEcn({ marking: true })) {
      settings.sysctl(key, value, { because, source });
    }
    for (const { address, network } of this.port.addresses) {
      const to = network.toString();
      settings.route(this.port.id, { to, congestion: "dctcp", source: address.toString() }, REASON);
    }
  }
}
