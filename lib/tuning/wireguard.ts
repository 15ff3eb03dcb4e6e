import { Duration, type Mtu } from "../units";
import type { Derivation } from "./derivation";
import { innerMtu, type OuterFamily } from "./overhead";

/** MTU of a WireGuard device over links of `underlay`; 60 bytes less if all endpoints are IPv4, else 80. */
export function wireguardMtu(underlay: Mtu, endpoints: OuterFamily): Derivation<Mtu> {
  return innerMtu(underlay, "wireguard", endpoints);
}

/** Below the 30 s after which connection tracking forgets an unanswered UDP flow. */
const NAT_KEEPALIVE = Duration.seconds(25);

/** Persistent keepalive of a peer: needed only to hold a NAT mapping open, and a waste of packets elsewhere. */
export function wireguardKeepalive(pair: { readonly behindNat: boolean }): Derivation<Duration> | undefined {
  if (!pair.behindNat) return undefined;
  return {
    value: NAT_KEEPALIVE,
    because: "a NAT forgets an idle UDP flow after 30 s",
    source: "wg(8), PersistentKeepalive; Linux nf_conntrack_udp_timeout",
  };
}
