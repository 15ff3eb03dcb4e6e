import type { Construct } from "constructs";
import { Host, type HostProps } from "../host";
import { Rdma, type RdmaProps } from "./rdma";

/** A host and how it does RDMA. */
export interface RdmaNodeProps extends HostProps, RdmaProps {}

/** A host with a ConnectX card that runs RoCE: a `Host` with the feature `Rdma` already in it. */
export class RdmaNode extends Host {
  /** The feature; constructs such as `CollectiveTuning` build on it. */
  readonly rdma: Rdma;

  /** Throws `NL-RDMA-CARD` when the machine has no card with RoCE, and says which CloudLab types have one. */
  constructor(scope: Construct, id: string, props: RdmaNodeProps) {
    super(scope, id, props);
    this.rdma = new Rdma(this, "Rdma", {
      fabric: props.fabric,
      interface: props.interface,
      profile: props.profile,
      tools: props.tools,
      roceMtu: props.roceMtu,
      softRoce: props.softRoce,
      tcpClasses: props.tcpClasses,
      marks: props.marks,
      benchmark: props.benchmark,
    });
  }
}
