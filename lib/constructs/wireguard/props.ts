import type { IHost } from "../../host";
import type { JumboFabric } from "../fabric";
import type { TopologySpec, WireGuardKeysSpec } from "./topology";

/** A mesh of WireGuard tunnels. */
export interface WireGuardMeshProps {
  /** Network inside the tunnels, IPv4 or IPv6. Members get addresses of it that never change. */
  readonly subnet: string;
  /** Second network inside the tunnels, when `subnet` is IPv4 and the mesh shall carry IPv6 too. @default - one family */
  readonly subnet6?: string;
  /** Hosts to add at once. @default - none */
  readonly members?: readonly IHost[];
  /** Fabric that carries the tunnels; gives ports and MTU. @default - each host's only experiment port, and an MTU of 1500 */
  readonly over?: JumboFabric;
  /** Who talks to whom. @default Topology.fullMesh() */
  readonly topology?: TopologySpec;
  /** UDP port, the same on all members. @default 51820 */
  readonly port?: number;
  /** Device name, the same on all members. @default "wg0" */
  readonly device?: string;
  /**
   * Replace a WireGuard device of this name that somebody else made on a member, by hand or with wg-quick. It comes back when
   * the member is withdrawn. Without it the deploy stops before anything changes. @default false
   */
  readonly adopt?: boolean;
  /** MTU inside the tunnels. @default - the underlay's minus 80, which holds for IPv4 and IPv6 endpoints: 8920 on a jumbo fabric */
  readonly mtu?: number;
  /** Where private keys come from. @default WireGuardKeys.onHost() */
  readonly keys?: WireGuardKeysSpec;
  /**
   * File on the deploying machine (mode 0600, made when absent) from which one pre-shared key per pair is derived and
   * pushed to the hosts. Weaker than independent keys if the file leaks. @default - no pre-shared keys
   */
  readonly presharedKeySecret?: string;
}
