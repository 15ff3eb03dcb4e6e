import { defineProblem } from "../errors";
import { type Bytes, type Duration, Rate } from "../units";
import type { Derivation } from "./derivation";

const STREAM_COUNT = defineProblem("NL-STREAM-COUNT", "Streams are known for 1 to 100 Gbit/s");

/** One core moves about this much TCP with segmentation offload and jumbo frames; a default, not a promise. */
const PER_CORE = Rate.gbps(15);

/** A path, and what one stream and one core can put on it. */
export interface StreamCountProps {
  /** Rate of the slowest link on the path. */
  readonly rate: Rate;
  /** Round-trip time without queueing. */
  readonly rtt: Duration;
  /** Largest window that one stream can have. */
  readonly window: Bytes;
  /** CPU cores that may carry streams. */
  readonly cores: number;
  /** What one core can move. @default 15 Gbit/s */
  readonly perCore?: Rate;
}

/** Parallel streams that fill a path: as many as the window or the core of one stream falls short, at most one a core. */
export function streamCount(props: StreamCountProps): Derivation<number> {
  const perCore = props.perCore ?? PER_CORE;
  const byWindow = (props.window.toBytes() * 8) / props.rtt.toSeconds();
  const perStream = Math.min(byWindow, perCore.toBps());
  const bound = byWindow < perCore.toBps() ? `${props.window} window / ${props.rtt}` : `${perCore} a core`;
  const wanted = Math.ceil(props.rate.toBps() / perStream);
  return {
    value: Math.min(Math.max(wanted, 1), props.cores),
    because: `${props.rate} / (${bound}), at most ${props.cores} cores`,
    source: "ESnet fasterdata, Host Tuning",
  };
}

/** Streams as the DWCP v3 document has them, with its bands made half-open. Throws `NL-STREAM-COUNT` outside 1–100 Gbit/s. */
export function presetStreamCount(rate: Rate): Derivation<readonly [least: number, most: number]> {
  const bands = [
    [1, 10, [32, 64]],
    [10, 40, [128, 256]],
    [40, 100, [256, 512]],
  ] as const;
  const gbps = rate.toGbps();
  const band = bands.find(([from, to]) => gbps >= from && (gbps < to || (to === 100 && gbps === to)));
  if (!band) {
    throw STREAM_COUNT({
      what: "the preset has no band for this rate",
      value: `${rate}`,
      allowed: "1 to 100 Gbit/s",
    });
  }
  return {
    value: band[2],
    because: `band ${band[0]}–${band[1]} Gbit/s of the preset`,
    source: "DWCP v3, stream table",
  };
}
