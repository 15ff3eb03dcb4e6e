/** What whoever runs the machines asks of hosts on them: a testbed, a company. It changes nothing by itself; rules read it. */
export interface HostPolicy {
  /** Whose policy it is, as messages name it, e.g. `CloudLab`. */
  readonly name: string;
  /** Names of interfaces differ from machine to machine, so that they must be found by MAC address. @default false */
  readonly findByMac?: boolean;
  /** Largest MTU of the switches, in bytes. @default - unknown */
  readonly maxSwitchMtu?: number;
  /** Switches carry jumbo frames only on the LANs that were made with them. @default false */
  readonly jumboOnRequest?: boolean;
  /** Networks that belong to somebody else there, and for what. @default - none */
  readonly reserved?: readonly {
    /** The network, e.g. `172.16.0.0/12`. */
    readonly cidr: string;
    /** What it is used for, as messages say it. */
    readonly use: string;
  }[];
}
