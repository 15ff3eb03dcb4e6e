import type { Bytes } from "./data-size";
import type { Duration } from "./duration";
import type { Rate } from "./rate";
import { requireUnit } from "./unit-value";

/** The bytes in flight that fill a path: rate × round-trip time. 10 Gbit/s × 200 µs is 250 000 bytes. */
export function bdp(rate: Rate, rtt: Duration): Bytes {
  return requireUnit("Rate", "rate", rate)
    .over(requireUnit("Duration", "rtt", rtt))
    .toBytes();
}
