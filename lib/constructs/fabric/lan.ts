/** A layer 2 network that somebody else set up, e.g. a LAN of a CloudLab experiment. */
export interface ILan {
  /** Its name; ports with the same `lan` are connected to it. */
  readonly name: string;
  /** Whether its switches were asked to carry jumbo frames. @default - not known */
  readonly jumbo?: boolean;
}
