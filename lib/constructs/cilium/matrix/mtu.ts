import { type ValueTree, valuesDefaults } from "../data";
import { mergeValues, valueAt } from "../values/entries";
import { derivedFacts } from "./derived";

/** What one encapsulation takes from every packet. */
export interface MtuOverhead {
  /** Which encapsulation, e.g. `VXLAN over ipv4`. */
  readonly because: string;
  /** Headers and trailers in each packet. Source: Cilium agent 1.20, pkg/mtu. */
  readonly bytes: number;
}

/** How large packets of pods may be. */
export interface PodMtu {
  /** MTU of the pods' devices: that of the underlay. */
  readonly device: number;
  /** MTU of the pods' default route: what fits into one packet of the underlay with all headers. */
  readonly route: number;
  /** What lies between the two; empty with native routing and without encryption. */
  readonly overheads: readonly MtuOverhead[];
}

/** Bytes by encapsulation. Source: Cilium agent 1.20, pkg/mtu; WireGuard was 80 up to 1.19.4. */
const TUNNEL = { ipv4: 50, ipv6: 70 };
const GENEVE_DSR_OPTION = 12;
const WIREGUARD = 95;
const IPSEC = 77;
const IPIP = { ipv4: 20, ipv6: 48 };

/** Derives the packet sizes that the agents will set from the values and the smallest MTU of the selected devices. */
export function podMtu(written: ValueTree, smallestDeviceMtu: number): PodMtu {
  const values = mergeValues(valuesDefaults(), written);
  const at = (path: string): unknown => valueAt(values, path) ?? null;
  const overheads: MtuOverhead[] = [];
  const underlay = at("underlayProtocol") === "ipv6" ? "ipv6" : "ipv4";
  const geneve = at("tunnelProtocol") === "geneve";
  const dispatch = at("loadBalancer.dsrDispatch");
  if (derivedFacts(values).routingMode === "tunnel") {
    overheads.push({ because: `${geneve ? "Geneve" : "VXLAN"} over ${underlay}`, bytes: TUNNEL[underlay] });
    if (geneve && dispatch === "geneve" && ["dsr", "hybrid"].includes(String(at("loadBalancer.mode"))))
      overheads.push({ because: "Geneve option with the service address", bytes: GENEVE_DSR_OPTION });
  }
  if (dispatch === "ipip")
    overheads.push({
      because: "IPIP to the backend's node",
      bytes: at("ipv6.enabled") === true ? IPIP.ipv6 : IPIP.ipv4,
    });
  if (at("encryption.enabled") === true && at("encryption.type") === "wireguard")
    overheads.push({ because: "WireGuard", bytes: WIREGUARD });
  if (at("encryption.enabled") === true && at("encryption.type") === "ipsec")
    overheads.push({ because: "IPsec", bytes: IPSEC });
  const stated = Number(at("MTU") ?? 0);
  const device = stated > 0 ? stated : smallestDeviceMtu;
  return { device, route: device - overheads.reduce((sum, { bytes }) => sum + bytes, 0), overheads };
}
