import type { Rate } from "../../../units";
import type { CloudLabSite } from "../sites";

/** A bare-metal node that the profile asks for. */
export interface CloudLabNodeProps {
  /** Name within the experiment; becomes part of the host name. Letters, digits and `-`, at most 63. */
  readonly name: string;
  /** Hardware type from the catalogue, e.g. `"c220g5"`. */
  readonly hardware: string;
  /** Cluster. @default - the site of the hardware type */
  readonly site?: CloudLabSite;
  /** URN of the disk image. @default - Ubuntu 22.04, see {@link UBUNTU_22_IMAGE} */
  readonly image?: string;
  /** Name of one exact machine of the type, e.g. `"c220g5-110521"`. @default - any machine of the type */
  readonly component?: string;
  /** Archives that are fetched and unpacked before the start-up commands run. @default - none */
  readonly install?: readonly CloudLabInstall[];
  /** Shell commands that run as the first user at EVERY boot, so they must be repeatable. @default - none */
  readonly startup?: readonly string[];
  /** Disk space beyond the image. @default - none */
  readonly blockstores?: readonly CloudLabBlockstore[];
  /** Ask for a publicly routable control address; bare metal has one anyway at most sites. @default false */
  readonly publicAddress?: boolean;
  /** Let the experiment come up even when this node does not boot. @default false */
  readonly tolerateBootFailure?: boolean;
}

/** An archive that the testbed unpacks on the node. */
export interface CloudLabInstall {
  /** `http` or `https` address of a tar archive. */
  readonly url: string;
  /** Directory on the node into which it is unpacked. */
  readonly path: string;
}

/** Local disk space that the testbed formats and mounts. */
export interface CloudLabBlockstore {
  /** Name, unique within the experiment. */
  readonly name: string;
  /** Mount point, e.g. `/mydata`. */
  readonly mountpoint: string;
  /** Size in whole GB. @default - all that is left on the disks */
  readonly gigabytes?: number;
  /** `nonsysvol`: other disks than the system's; `sysvol`: the rest of the system disk. @default "any" */
  readonly placement?: "any" | "sysvol" | "nonsysvol";
  /** URN of an image-backed data set to copy onto it. @default - empty */
  readonly dataset?: string;
}

/** A LAN, or with exactly two members a link, between nodes of the profile. */
export interface CloudLabLanProps {
  /** Name within the experiment, e.g. `"lan0"`. */
  readonly name: string;
  /** Names of the nodes, or a name with the address it shall have. */
  readonly members: readonly (string | CloudLabLanMember)[];
  /** IPv4 network of the LAN. @default - 10.10.N.0/24, N counted from 1 in the order of the LANs */
  readonly subnet?: string;
  /**
   * Ask for 9000-byte frames. A `JumboFabric` on the LAN asks by itself. Not every cluster has them.
   * @default false
   */
  readonly jumbo?: boolean;
  /** Keep all members on one switch (lower latency, no shared trunk, harder to place). @default false */
  readonly sameSwitch?: boolean;
  /** Port rate that the members must have; no traffic shaping. @default - any port that is free */
  readonly speed?: Rate;
  /** Let the testbed shape the LAN down to this rate with a delay node or the host's qdisc. @default - never shaped */
  readonly shapedTo?: Rate;
  /** Put several LANs on one port with VLAN tags. @default false - every LAN gets a port of its own */
  readonly sharedPort?: boolean;
}

/** A member with an address of its own. */
export interface CloudLabLanMember {
  /** Name of the node. */
  readonly node: string;
  /** IPv4 address inside the subnet. @default - the next free one */
  readonly address?: string;
}

/** What the profile asks for. */
export interface CloudLabTopologyProps {
  /** What to allocate; names are unique. */
  readonly nodes: readonly CloudLabNodeProps[];
  /** Networks between the nodes. @default - none; the nodes then have only the control network */
  readonly lans?: readonly CloudLabLanProps[];
}
