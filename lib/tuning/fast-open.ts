import type { Derivation } from "./derivation";

/** Which side of a connection may use TCP Fast Open. */
export interface FastOpenProps {
  /** Connections of this host send data in the first packet. */
  readonly client: boolean;
  /** Listeners of this host may accept it, each by its own socket option. */
  readonly server: boolean;
  /** Every listener accepts it, without asking for it. @default false */
  readonly allListeners?: boolean;
}

/** `net.ipv4.tcp_fastopen`. The bits that go without a cookie (0x4, 0x200) are never set: they invite floods. */
export function tcpFastOpen(props: FastOpenProps): Derivation<number> {
  const value = (props.client ? 1 : 0) | (props.server ? 2 : 0) | (props.allListeners ? 0x400 : 0);
  const parts = [props.client && "1 client", props.server && "2 server", props.allListeners && "1024 all listeners"];
  return {
    value,
    because: parts.filter(Boolean).join(" + ") || "off",
    source: "Linux Documentation/networking/ip-sysctl.rst, tcp_fastopen",
  };
}
