import { Bytes, type Mtu, type Rate } from "../units";
import type { Derivation } from "./derivation";

/** Light takes 5 ns for a metre of fibre; copper is close to that. */
const NANOS_PER_METRE = 5;
/** Pause quanta (512 bit times each) within which a sender has to stop, by rate in Gbit/s. */
const RESPONSE_QUANTA: readonly (readonly [upTo: number, quanta: number])[] = [
  [10, 60],
  [40, 118],
  [100, 394],
  [Number.POSITIVE_INFINITY, 905],
];
const BITS_PER_QUANTUM = 512;

/** A link on which pause frames hold back a lossless priority. */
export interface PfcHeadroomProps {
  /** Line rate of the link; it also decides how long the peer may take to obey. */
  readonly rate: Rate;
  /** Largest packet: one may be on the way in each direction. */
  readonly mtu: Mtu;
  /** Length of the cable. @default 7 m, as in the mlx5 driver */
  readonly cableMetres?: number;
  /** Time the peer needs to obey, in pause quanta of 512 bit times. @default - by rate: 60, 118, 394, 905 */
  readonly responseQuanta?: number;
}

/**
 * Bytes that still arrive after a pause frame was decided on: one frame each way, the cable twice, and the peer's
 * response time. The switch must keep this much free for each port and lossless priority; the vendor's tool decides.
 */
export function pfcHeadroom(props: PfcHeadroomProps): Derivation<Bytes> {
  const metres = props.cableMetres ?? 7;
  const quanta = props.responseQuanta ?? RESPONSE_QUANTA.find(([upTo]) => props.rate.toGbps() <= upTo)![1];
  const cableBits = (props.rate.toBps() * 2 * metres * NANOS_PER_METRE) / 1e9;
  const bits = cableBits + quanta * BITS_PER_QUANTUM;
  return {
    value: Bytes.of(2 * props.mtu.value + Math.ceil(bits / 8)),
    because: `2 × ${props.mtu} + ${props.rate} × 2 × ${metres} m + ${quanta} quanta of response`,
    source: "IEEE 802.1Q annex N (PFC delay), IEEE 802.3 31B.3.7; not re-checked, the vendor's tool decides",
  };
}
