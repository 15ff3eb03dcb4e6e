import type { InterfaceAddress, MacAddress } from "../../../net";
import type { Rate } from "../../../units";
import type { CloudLabSite } from "../sites";

/** What the testbed gave us, read from one manifest or from the manifests of several sites. */
export interface Manifest {
  readonly nodes: readonly ManifestNode[];
  readonly lans: readonly ManifestLan[];
  /** What the manifest leaves open or what looks odd, for the reader. */
  readonly notes: readonly string[];
}

/** What kind of thing a node is. Only machines that one can log in to and configure become hosts. */
export type ManifestNodeKind = "bare-metal" | "virtual-machine" | "container" | "other";

export interface ManifestNode {
  /** `client_id`: the name in the profile. */
  readonly name: string;
  readonly kind: ManifestNodeKind;
  /** Sliver type as written, e.g. `raw-pc`, `emulab-xen`, `emulab-blockstore`. */
  readonly sliverType: string;
  /** Site; absent for clusters that are not in the list. */
  readonly site?: CloudLabSite;
  /** Authority of the cluster, e.g. `wisc.cloudlab.us`. */
  readonly authority?: string;
  /** Name of the machine, e.g. `c220g5-110521`. */
  readonly component?: string;
  /** Hardware type that was allocated, e.g. `c220g5`. */
  readonly hardware?: string;
  readonly image?: string;
  readonly logins: readonly ManifestLogin[];
  /** Name on the control network. */
  readonly controlName?: string;
  /** Address on the control network. */
  readonly controlAddress?: string;
  readonly interfaces: readonly ManifestInterface[];
}

export interface ManifestLogin {
  readonly user?: string;
  readonly host: string;
  readonly port: number;
}

/** An experiment interface. The control interface is not in manifests. */
export interface ManifestInterface {
  readonly clientId: string;
  readonly mac?: MacAddress;
  readonly addresses: readonly InterfaceAddress[];
  /** Testbed's name of the port, e.g. `eth1`; not the kernel's. */
  readonly port?: string;
  /**
   * The interface is a VLAN device on a port that it may share: its MAC is made up, so it is the address of the
   * device and not the permanent address of the port.
   */
  readonly virtual: boolean;
}

export interface ManifestLan {
  /** `client_id` of the link. */
  readonly name: string;
  /** Client ids of the interfaces. */
  readonly members: readonly string[];
  /** Whether the manifest shows `jumboframes` on the link. */
  readonly jumbo: boolean;
  /** VLAN tag in the switches; hosts see it only when the link is tagged. */
  readonly vlan?: number;
  /** Members get VLAN-tagged frames. */
  readonly tagged: boolean;
  /** Rate that was asked for. */
  readonly capacity?: Rate;
  /** The rate is enforced by shaping rather than asked of the port. */
  readonly shaped: boolean;
}
