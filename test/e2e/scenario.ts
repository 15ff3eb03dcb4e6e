/** Which variant of the stack is deployed; written as JSON, read by the stack. */
export interface Scenario {
  readonly applier: "null_resource" | "terraform_data";
  /** Seconds until an unconfirmed host reverts. */
  readonly window: number;
  readonly identityFile: string;
  readonly kernelHasFq: boolean;
  readonly mesh: boolean;
  readonly hosts: readonly ScenarioHost[];
  /** Sysctls by host, beyond what all have. */
  readonly extraSysctls?: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  /** A shell command by host that has to succeed in the phase of pair checks. */
  readonly pairChecks?: Readonly<Record<string, string>>;
}

export interface ScenarioHost {
  readonly name: string;
  /** What the stack gives the port. */
  readonly address: string;
  /** Where ssh finds the host. */
  readonly ssh: string;
  /** Where it is after the change, when the change moves it. */
  readonly movesTo?: string;
  readonly hostKey: string;
}
