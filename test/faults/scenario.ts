export type Variant = "a" | "b";
export type ApplierName = "null_resource" | "terraform_data";

/** What the stack is made from; written as JSON, read by the stack. */
export interface Scenario {
  readonly applier: ApplierName;
  readonly variant: Variant;
  /** Seconds until an unconfirmed host reverts. */
  readonly window: number;
  readonly identityFile: string;
  readonly hosts: readonly { readonly name: string; readonly address: string; readonly hostKey: string }[];
}
