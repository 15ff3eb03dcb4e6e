import { Bytes, bdp, type Duration, type Mtu, type Rate } from "../units";
import { defineProblem } from "../errors";
import { type DerivedSysctl, type KernelVersion, kernelAtLeast } from "./derivation";
import { IP_HEADER, UDP_HEADER } from "./overhead";

const QUIC_ROOM = defineProblem("NL-051", "QUIC has room for 1,200 bytes", {
  why: "clients must pad their first packet to that size, so connections would never start",
  source: "RFC 9000, section 14.1",
  remedy: "a larger MTU",
});

const QUIC_GO = "quic-go wiki, UDP Buffer Sizes; internal/protocol/params.go";

/** What quic-go asks for, rounded as its documentation has it. */
export const QUIC_GO_BUFFER = Bytes.of(7_500_000);

/** Largest packet that quic-go ever sends, so that jumbo frames do nothing for it. */
export const QUIC_GO_LARGEST_PACKET = 1452;

/** Smallest UDP payload that a QUIC path has to carry (RFC 9000, section 14). */
export const QUIC_SMALLEST_PAYLOAD = 1200;

/** `net.core.rmem_max` as the kernel has it: 208 KiB, 4 MiB since 6.18. */
export function kernelSocketBuffer(kernel?: KernelVersion): Bytes {
  return kernelAtLeast(kernel, [6, 18]) ? Bytes.mib(4) : Bytes.of(212_992);
}

/** Socket buffer ceilings for QUIC: at least what quic-go asks for, more on a path whose BDP is larger. */
export function quicBuffers(path: { readonly rate: Rate; readonly rtt: Duration }): readonly DerivedSysctl[] {
  const product = bdp(path.rate, path.rtt);
  const fromPath = product.compareTo(QUIC_GO_BUFFER) > 0;
  const value = String((fromPath ? product : QUIC_GO_BUFFER).toBytes());
  const because = fromPath
    ? `BDP of ${path.rate} × ${path.rtt}, above the 7.5 MB that quic-go asks for`
    : "quic-go asks for 7 MiB and documents 7.5 MB";
  return ["net.core.rmem_max", "net.core.wmem_max"].map((key) => ({ key, value, because, source: QUIC_GO }));
}

/** Largest UDP payload of an unfragmented packet. */
export function udpPayload(mtu: Mtu, family: 4 | 6): Bytes {
  return Bytes.of(mtu.value - IP_HEADER[family] - UDP_HEADER);
}

/** Largest QUIC packet on a link. Throws `NL-051` when the link cannot carry QUIC at all. */
export function quicPayload(mtu: Mtu, family: 4 | 6): Bytes {
  const payload = udpPayload(mtu, family);
  if (payload.toBytes() < QUIC_SMALLEST_PAYLOAD) {
    throw QUIC_ROOM({
      what: `QUIC needs ${QUIC_SMALLEST_PAYLOAD} bytes of UDP payload, an MTU of ${mtu} leaves ${payload.toBytes()}`,
      value: mtu.value,
      allowed: `an MTU of at least ${QUIC_SMALLEST_PAYLOAD + IP_HEADER[family] + UDP_HEADER}`,
    });
  }
  return payload;
}

/** Flow control windows for the QUIC library: a stream holds one BDP, the connection 1.5 times that. */
export function quicWindows(path: { readonly rate: Rate; readonly rtt: Duration }): {
  /** For one stream. */
  readonly stream: Bytes;
  /** For all streams of a connection together. */
  readonly connection: Bytes;
  /** The arithmetic, as one clause. */
  readonly because: string;
  /** Source file that the factor comes from. */
  readonly source: string;
} {
  const stream = bdp(path.rate, path.rtt);
  return {
    stream,
    connection: stream.times(1.5),
    because: `BDP of ${path.rate} × ${path.rtt}; the connection window is 1.5 times the stream window`,
    source: "quic-go internal/protocol/params.go (ConnectionFlowControlMultiplier)",
  };
}
