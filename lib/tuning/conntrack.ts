import { Bytes } from "../units";
import { type DerivedSysctl, nextPowerOfTwo } from "./derivation";

const SOURCE = "Linux Documentation/networking/nf_conntrack-sysctl.rst";
const BYTES_PER_ENTRY = 400;

/** Connection tracking for a number of flows: the table and its buckets, twice as large as the peak. */
export function conntrack(peakFlows: number): { readonly sysctls: readonly DerivedSysctl[]; readonly memory: Bytes } {
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
