import type { DerivedSysctl } from "./derivation";

const SOURCE = "Linux Documentation/networking/ip-sysctl.rst, fib_multipath_hash_policy";

/**
 * What routes with several next hops choose by: addresses only, ports too, or the inner headers of tunnels. Acts on
 * the host's own multipath routes, never on switches.
 */
export type EcmpHash = "layer3" | "layer4" | "inner-layer3";

const POLICY: Readonly<Record<EcmpHash, string>> = { layer3: "0", layer4: "1", "inner-layer3": "2" };

/** The hash policy for both IP versions; nothing for `layer3`, which is the kernel's default. */
export function ecmpHash(hash: EcmpHash): readonly DerivedSysctl[] {
  if (hash === "layer3") return [];
  const because =
    hash === "layer4"
      ? "flows of one pair of hosts spread over all next hops"
      : "tunnelled flows spread by their inner addresses";
  return ["net.ipv4", "net.ipv6"].map((family) => ({
    key: `${family}.fib_multipath_hash_policy`,
    value: POLICY[hash],
    because,
    source: SOURCE,
  }));
}
