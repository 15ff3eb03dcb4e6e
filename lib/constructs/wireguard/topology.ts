import type { IHost } from "../../host";

/** Who talks to whom. */
export type TopologySpec =
  | {
      /** Everybody with everybody. */
      readonly kind: "full-mesh";
    }
  | {
      /** Everybody with the hubs. */
      readonly kind: "hub-and-spoke";
      /** At least one; the first carries the traffic between the others. */
      readonly hubs: readonly IHost[];
    };

/** Constructors of topologies. */
export const Topology = {
  /** Every member has a tunnel to every other one. All members share one peer table. */
  fullMesh: (): TopologySpec => ({ kind: "full-mesh" }),
  /** Members that are not hubs talk through the first hub; the other hubs can be reached, but carry no transit. */
  hubAndSpoke: (...hubs: readonly IHost[]): TopologySpec => ({ kind: "hub-and-spoke", hubs }),
};

/** Where private keys come from. They are in no generated file either way. */
export type WireGuardKeysSpec =
  | {
      /** Made on the hosts. */
      readonly kind: "host";
    }
  | {
      /** Made on the deploying machine. */
      readonly kind: "directory";
      /** Directory with one `<member>.key` for each member. */
      readonly path: string;
    };

/** Constructors of key sources. */
export const WireGuardKeys = {
  /** Each host makes its key itself, once; only the public key leaves it. */
  onHost: (): WireGuardKeysSpec => ({ kind: "host" }),
  /** `<path>/<member>.key` on the deploying machine (mode 0600, made when absent), pushed over SSH. Keep it out of version control. */
  directory: (path: string): WireGuardKeysSpec => ({ kind: "directory", path }),
};
