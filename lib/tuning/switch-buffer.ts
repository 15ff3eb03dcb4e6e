import { Bytes, bdp, type Duration, type Rate } from "../units";
import type { Derivation } from "./derivation";

/**
 * Buffer that an egress port needs for many long TCP flows that are not in step: RTT·C / √N. One flow needs a full BDP;
 * flows in step (incast) do not follow this at all, see {@link incastBuffer}.
 */
export function switchPortBuffer(port: {
  readonly rate: Rate;
  readonly rtt: Duration;
  readonly flows: number;
}): Derivation<Bytes> {
  const product = bdp(port.rate, port.rtt);
  return {
    value: Bytes.of(Math.ceil(product.toBytes() / Math.sqrt(Math.max(1, port.flows)))),
    because: `BDP of ${port.rate} × ${port.rtt} (${product.toBytes()} bytes) / √${port.flows} flows`,
    source: "Appenzeller, Keslassy, McKeown: Sizing Router Buffers, SIGCOMM 2004",
  };
}

/** What of a shared memory every port has for sure, once the pool that all may use is taken off. */
export function guaranteedPortBuffer(total: Bytes, guaranteedShare: number, ports: number): Derivation<Bytes> {
  return {
    value: Bytes.of(Math.floor((total.toBytes() * guaranteedShare) / ports)),
    because: `${guaranteedShare * 100} % of ${total} over ${ports} ports; ingress and egress are two accounts of the same cells`,
    source: "arithmetic",
  };
}

/** ECN marking threshold of a switch queue for DCTCP: a seventh of the BDP. */
export function dctcpThreshold(queue: { readonly rate: Rate; readonly rtt: Duration }): Derivation<Bytes> {
  return {
    value: Bytes.of(Math.ceil(bdp(queue.rate, queue.rtt).toBytes() / 7)),
    because: `BDP of ${queue.rate} × ${queue.rtt} / 7`,
    source: "RFC 8257, section 4.1; Linux Documentation/networking/dctcp.rst",
  };
}
