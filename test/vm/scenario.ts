/** What the stack of the whole machines is; written as JSON, read by the stack. */
export interface Scenario {
  /** Seconds until an unconfirmed machine reverts. @default - what the deploy derives from how slow the machines are */
  readonly window?: number;
  readonly identityFile: string;
  readonly transport: "bbr" | "dctcp";
  readonly mtu: number;
  readonly machines: readonly ScenarioMachine[];
  /** Tunnels go to names of this domain. @default - to addresses */
  readonly endpointDomain?: string;
  /** Beyond what all machines have: what a second deploy changes. */
  readonly sysctls?: Readonly<Record<string, string | number>>;
  /** Seconds that the checks between machines take, so that a window stays open for a fault. */
  readonly hold?: number;
}

export interface ScenarioMachine {
  readonly name: string;
  /** Last octet of its addresses. */
  readonly number: number;
  readonly port: number;
  readonly hostKey: string;
}
