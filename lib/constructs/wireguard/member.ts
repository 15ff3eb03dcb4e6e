import type { IHost, NetworkInterface } from "../../host";
import type { Cidr, IpAddress } from "../../net";

/** How a host takes part in a mesh. */
export interface MemberOptions {
  /** Name in the mesh; addresses and keys belong to it. @default - the host name */
  readonly name?: string;
  /** Address inside the mesh. @default - derived from the name and kept in the lock file */
  readonly address?: string;
  /** Port of the host that carries the tunnels. @default - the one on the fabric, else the only one that is not the control port */
  readonly interface?: string;
  /** Address or name, with or without `:port`, under which the others reach it. @default - the address of its port */
  readonly endpoint?: string;
  /** Whether a NAT or stateful firewall lies before it, so that it has to call first and to keep the mapping open. @default false */
  readonly behindNat?: boolean;
  /** Networks behind the member that are routed to it; makes it forward packets. @default - none */
  readonly routes?: readonly string[];
  /**
   * Networks behind other members that this member reaches by itself, because it is on them: it sends nothing there
   * through the tunnel. Its own `routes` count without being named. @default - none
   */
  readonly localNetworks?: readonly string[];
}

/** A member of a mesh that Netloom does not manage: a laptop, a router of somebody else. */
export interface UnmanagedPeer {
  /** Unique in the mesh; its address belongs to it. 1 to 63 of A-Z a-z 0-9 . _ - */
  readonly name: string;
  /** Its public key: 44 characters of base64. */
  readonly publicKey: string;
  /** Address inside the mesh. @default - derived from the name and kept in the lock file */
  readonly address?: string;
  /** `address:port` under which it can be reached. @default - it calls first */
  readonly endpoint?: string;
  /** Networks behind it. @default - none */
  readonly routes?: readonly string[];
}

/** A member, managed or not, while the mesh is laid out. */
export interface Member {
  readonly name: string;
  readonly origin: string;
  readonly host?: IHost;
  readonly port?: NetworkInterface;
  readonly publicKey?: string;
  readonly fixedAddress?: string;
  /** `address:port`. */
  readonly endpoint?: string;
  /** The address part of the endpoint, where it is an address. */
  readonly endpointAddress?: IpAddress;
  readonly behindNat: boolean;
  readonly hub: boolean;
  readonly routes: readonly Cidr[];
  /** Networks that it reaches without the tunnel, its own routes included. */
  readonly localNetworks: readonly Cidr[];
}
