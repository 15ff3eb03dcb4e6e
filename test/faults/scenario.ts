export type Variant = "a" | "b";
export type ApplierName = "null_resource" | "terraform_data";

/** What the stack is made from; written as JSON, read by the stack. */
export interface Scenario {
  readonly applier: ApplierName;
  readonly variant: Variant;
  /** Where private keys are made. Those of the deploying machine stay the same when a host loses its own. */
  readonly keys: "host" | "deployer";
  /** Seconds until an unconfirmed host reverts. */
  readonly window: number;
  readonly identityFile: string;
  readonly hosts: readonly { readonly name: string; readonly address: string; readonly hostKey: string }[];
}
