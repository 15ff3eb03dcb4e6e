import { Bytes } from "../units";
import { type DerivedSysctl, nextPowerOfTwo } from "./derivation";

const SOURCE = "Linux Documentation/networking/nf_conntrack-sysctl.rst";
/** An estimate, not read from a kernel: entries take 0.3 to 0.4 KB. */
const BYTES_PER_ENTRY = 400;

/** Connection tracking for a number of flows: the table and its buckets, twice as large as the peak. */
export function conntrack(peakFlows: number): {
  /** Table and buckets. */
  readonly sysctls: readonly DerivedSysctl[];
  /** What a full table takes at 400 bytes an entry, which is an estimate on the safe side: 0.3 to 0.4 KB are usual. */
  readonly memory: Bytes;
} {
  const max = nextPowerOfTwo(2 * peakFlows);
  const because = `twice the peak of ${peakFlows} flows, as a power of two; as many buckets, since each entry is stored twice`;
  return {
    sysctls: ["net.netfilter.nf_conntrack_buckets", "net.netfilter.nf_conntrack_max"].map((key) => ({
      key,
      value: String(max),
      because,
      source: SOURCE,
    })),
    memory: Bytes.of(max * BYTES_PER_ENTRY),
  };
}
