/** Where it is shown that `rt mtu` is the lesser of both directions, and that the option is never made larger. */
export const MSS_CLAMP_SOURCE = "nft(8), tcp option maxseg; Linux net/netfilter/nft_rt.c, nft_exthdr.c";

/** Name of the table for a device. */
export function mssClampTable(device: string): string {
  return `netloom-mss-${device}`;
}

/**
 * The body of an nftables table that lowers the segment size which the ends of a forwarded connection announce to what
 * fits through a tunnel. They know the MTU of their own links only, and where ICMP is dropped on the way they never
 * learn of the tunnel's. Both rules are needed: either end may be the one behind the tunnel.
 */
export function mssClampBody(device: string): string {
  return `  chain forward {
    type filter hook forward priority mangle; policy accept;
    iifname "${device}" tcp flags syn tcp option maxseg size set rt mtu
    oifname "${device}" tcp flags syn tcp option maxseg size set rt mtu
  }
`;
}
