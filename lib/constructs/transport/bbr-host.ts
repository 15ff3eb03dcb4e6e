import type { Construct } from "constructs";
import { Host, type HostProps } from "../host";
import { Bbr, type BbrProps } from "./bbr";

/** A host and the network path that its TCP is tuned for. */
export interface BbrHostProps extends HostProps, BbrProps {}

/** A host whose TCP runs BBR: a `Host` with the feature `Bbr` already in it. */
export class BbrHost extends Host {
  constructor(scope: Construct, id: string, props: BbrHostProps = {}) {
    super(scope, id, props);
    new Bbr(this, "Bbr", { path: props.path, keepWindowWhenIdle: props.keepWindowWhenIdle });
  }
}
