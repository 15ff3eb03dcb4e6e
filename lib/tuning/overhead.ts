import { Bytes, type Mtu } from "../units";
import type { Derivation } from "./derivation";

/** Bytes of an IP header without options. */
export const IP_HEADER = { 4: 20, 6: 40 } as const;
export const UDP_HEADER = 8;
const TCP_HEADER = 20;
const TCP_TIMESTAMPS = 12;
const ETHERNET_HEADER = 14;
/** Preamble 8, header 14, frame check sequence 4, inter-packet gap 12. */
const ETHERNET_ON_WIRE = 38;
const VXLAN_HEADER = 8;
const WIREGUARD_HEADER_AND_TAG = 32;

/** The IP family of the outer packets; `mixed` when either may be used or nobody knows. */
export type OuterFamily = 4 | 6 | "mixed";

/** A way to wrap packets, and what it takes off the MTU. */
export type Encapsulation = "none" | "vlan" | "vxlan" | "geneve" | "wireguard";

const SOURCES: Record<Encapsulation, string> = {
  none: "no encapsulation",
  vlan: "IEEE 802.1Q: the tag is outside of the IP MTU",
  vxlan: "RFC 7348",
  geneve: "RFC 8926, without options",
  wireguard: "Linux drivers/net/wireguard/device.c, wg-quick",
};

/** The bytes that an encapsulation takes from the MTU of the link below it. */
export function overhead(encapsulation: Encapsulation, outer: OuterFamily): Derivation<number> {
  const source = SOURCES[encapsulation];
  const header = IP_HEADER[outer === "mixed" ? 6 : outer];
  const family = outer === "mixed" ? "IPv6, since either may occur" : `IPv${outer}`;
  switch (encapsulation) {
    case "none":
    case "vlan":
      return { value: 0, because: "nothing is taken from the IP MTU", source };
    case "vxlan":
    case "geneve":
      return {
        value: header + UDP_HEADER + VXLAN_HEADER + ETHERNET_HEADER,
        because: `${header} ${family} + ${UDP_HEADER} UDP + ${VXLAN_HEADER} ${encapsulation} + ${ETHERNET_HEADER} inner Ethernet`,
        source,
      };
    case "wireguard":
      return {
        value: header + UDP_HEADER + WIREGUARD_HEADER_AND_TAG,
        because: `${header} ${family} + ${UDP_HEADER} UDP + 16 header + 16 tag`,
        source,
      };
  }
}

/** MTU inside an encapsulation. Throws `NL-MTU-RANGE` when nothing useful is left. */
export function innerMtu(outer: Mtu, encapsulation: Encapsulation, family: OuterFamily): Derivation<Mtu> {
  const taken = overhead(encapsulation, family);
  return {
    value: outer.minus(taken.value),
    because: `${outer} - ${taken.value} (${taken.because})`,
    source: taken.source,
  };
}

/** TCP maximum segment size: what of a packet is left for data. Timestamps, on by default, take 12 bytes. */
export function segmentSize(mtu: Mtu, family: 4 | 6, timestamps = true): Bytes {
  return Bytes.of(mtu.value - IP_HEADER[family] - TCP_HEADER - (timestamps ? TCP_TIMESTAMPS : 0));
}

/** The part of the line rate that reaches a TCP/IPv4 receiver as data, with timestamps, on Ethernet. */
export function goodputRatio(mtu: Mtu, encapsulation: Encapsulation = "none"): number {
  const inner = innerMtu(mtu, encapsulation, 4).value;
  return segmentSize(inner, 4).toBytes() / (mtu.value + ETHERNET_ON_WIRE);
}

/** `ping -s` argument that fills a packet of exactly `mtu` bytes. */
export function pingPayload(mtu: Mtu, family: 4 | 6): Bytes {
  return Bytes.of(mtu.value - IP_HEADER[family] - 8);
}
