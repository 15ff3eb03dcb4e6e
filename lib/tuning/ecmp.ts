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

/**
 * Largest share of load on one of `paths` equal paths when `flows` equal flows are hashed on them, relative to an even
 * split, on average. RoCE has few large flows, so more queue pairs for each peer even it out; TCP streams do not.
 */
export function expectedImbalance(flows: number, paths: number): number {
  if (paths <= 1 || flows <= 0) return 1;
  const mean = flows / paths;
  // Expected maximum of a binomial, by its distribution function over the independent approximation of the paths.
  let expected = 0;
  let cumulative = 0;
  let probability = (1 - 1 / paths) ** flows;
  for (let load = 0; load < flows; load++) {
    cumulative += probability;
    expected += 1 - Math.min(1, cumulative) ** paths;
    probability *= ((flows - load) / (load + 1)) * (1 / (paths - 1));
  }
  return Math.max(1, expected / mean);
}
