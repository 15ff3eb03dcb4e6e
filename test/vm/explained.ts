import type { Explained } from "./state";

/**
 * What may differ between a machine before its first deploy and after destroy. Everything else is a fault. The list is
 * printed in docs/reliability.md.
 */
export const EXPLAINED: readonly Explained[] = [
  {
    section: "packages",
    difference: /^\+ ii +(libpopt0|rsync|wireguard-tools) /,
    reason: "installed packages stay: nobody can tell who uses them by now; destroy names them",
  },
  {
    section: "files",
    difference: /^\+ [fdl] \S+ root:root \/etc\/(default\/rsync|init\.d\/rsync|wireguard|rc\d\.d\/[SK]\d\drsync)( |$)/,
    reason: "configuration of the packages that stay",
  },
  {
    section: "contents",
    difference: /^\+ [0-9a-f]{64} +\/etc\/(default|init\.d)\/rsync$/,
    reason: "configuration of the packages that stay",
  },
  {
    section: "unit-files",
    difference: /^\+ (rsync|wg-quick@?|wg-quick)\.(service|target) /,
    reason: "units of the packages that stay; none of them is enabled or started by Netloom",
  },
  {
    section: "modules",
    difference:
      /^\+ (tcp_bbr|tcp_dctcp|sch_fq|wireguard|libchacha20poly1305|chacha_x86_64|libchacha|poly1305_x86_64|libpoly1305|libcurve25519|libcurve25519_generic|curve25519_x86_64|libblake2s|blake2s_x86_64|ip6_udp_tunnel|udp_tunnel|dummy)$/,
    reason: "kernel modules stay loaded until the next boot: another program may use them by now",
  },
  {
    section: "sysctl",
    difference: /^[-+] net\.ipv4\.tcp_(available|allowed)_congestion_control = /,
    reason: "congestion controls stay available while their modules are loaded",
  },
  {
    section: "link",
    difference:
      /^[-+] ens3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq(_codel)? mode DEFAULT group default\\ /,
    reason:
      "the kernel gave fq to the control port at boot, and Netloom does not touch that port; gone after the next boot",
  },
  {
    section: "qdisc",
    difference: /^[-+] qdisc fq(_codel)? dev ens3 root /,
    reason:
      "the kernel gave fq to the control port at boot, and Netloom does not touch that port; gone after the next boot",
  },
];
