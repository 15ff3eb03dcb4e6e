import type { DerivedSysctl } from "./derivation";

const SOURCE = "Linux Documentation/networking/ip-sysctl.rst, tcp_ecn";

/** `tcp_ecn` for a host: ask for ECN on a fabric that marks, else accept it only, which is the kernel's default. */
export function tcpEcn(fabric: { readonly marking: boolean }): readonly DerivedSysctl[] {
  if (!fabric.marking) return [];
  return [
    { key: "net.ipv4.tcp_ecn", value: "1", because: "the switches mark, so connections ask for ECN", source: SOURCE },
  ];
}
