import { Construct } from "constructs";
import { defineProblem } from "../../errors";
import { featureId, HostFeature, type HostSettings, type IHost } from "../../host";
import { ecmpHash, tosByte } from "../../tuning";
import { PORT_DIRECTORY } from "../../render/fabric-port";
import { rdmaClass } from "./qos-queues";
import type { Rdma } from "./rdma";

const RDMA_QUEUE_PAIRS = defineProblem("NL-RDMA-QUEUE-PAIRS", "NCCL uses 1 to 128 queue pairs for a connection");

/** A host whose port does RDMA; `RdmaNode` is one. */
export interface IRdmaHost extends IHost {
  /** What its port does, and on which fabric. */
  readonly rdma: Rdma;
}

/** What {@link CollectiveTuning} needs to know. */
export interface CollectiveTuningProps {
  /** The training nodes. */
  readonly nodes: readonly IRdmaHost[];
  /** Queue pairs for each connection between two ranks; more of them spread over more equal-cost paths. @default 1 - what NCCL does by itself */
  readonly queuePairsPerConnection?: number;
  /** The nodes themselves have routes with several next hops, which then choose by ports too. @default false */
  readonly multipathRoutes?: boolean;
}

const MOST_QUEUE_PAIRS = 128;
const NCCL_SOURCE = "NVIDIA NCCL user guide, environment variables; UCX configuration";

/** File with the variables for NCCL, UCX, Gloo and Open MPI on every node; made on the node, where the devices are known. */
export const COLLECTIVE_ENVIRONMENT = "/run/netloom/ports/collective.env";

/**
 * Binds collective libraries to the experiment port, its RDMA device, the right GID and traffic class. Left to
 * themselves they take the interface with the default route, which on CloudLab is the control network.
 */
export class CollectiveTuning extends Construct {
  /** Throws `NL-RDMA-QUEUE-PAIRS` on a number of queue pairs that NCCL does not take. */
  constructor(scope: Construct, id: string, props: CollectiveTuningProps) {
    super(scope, id);
    const queuePairs = props.queuePairsPerConnection;
    if (
      queuePairs !== undefined &&
      (!Number.isInteger(queuePairs) || queuePairs < 1 || queuePairs > MOST_QUEUE_PAIRS)
    ) {
      throw RDMA_QUEUE_PAIRS({
        path: this.node.path,
        what: "NCCL has no such number of queue pairs for a connection",
        value: queuePairs,
        allowed: `1 to ${MOST_QUEUE_PAIRS}`,
        remedy: "4",
      });
    }
    for (const node of props.nodes) new CollectivePort(node, featureId(node, "Collective", this), props);
  }
}

class CollectivePort extends HostFeature {
  private readonly rdma: Rdma;
  private readonly props: CollectiveTuningProps;
  private readonly template: string;

  constructor(host: IRdmaHost, id: string, props: CollectiveTuningProps) {
    super(host, id);
    this.rdma = host.rdma;
    this.props = props;
    this.template = `${PORT_DIRECTORY}/${this.rdma.port.id}.collective`;
    this.rdma.provideCollective(this.template);
  }

  contribute(settings: HostSettings): void {
    const reason = {
      because: "collective libraries stay off the control network and in the RoCE class",
      source: NCCL_SOURCE,
    };
    const tos = tosByte(rdmaClass(this.rdma.fabric.classes)!.dscp[0]!);
    settings.file(this.template, { content: collectiveTemplate(tos, this.props.queuePairsPerConnection) }, reason);
    settings.file("/etc/profile.d/netloom-collective.sh", { content: PROFILE, platform: "linux" }, reason);
    settings.nixos("environment.extraInit", PROFILE, reason);
    settings.note(
      `Jobs started by a service manager read EnvironmentFile=${COLLECTIVE_ENVIRONMENT}; NCCL 2.23 and later also NCCL_CONF_FILE=${COLLECTIVE_ENVIRONMENT}.`,
      { because: "they do not run login shells" },
    );
    if (!this.props.multipathRoutes) return;
    for (const { key, value, because, source } of ecmpHash("layer4")) settings.sysctl(key, value, { because, source });
  }
}

const PROFILE = `if [ -r ${COLLECTIVE_ENVIRONMENT} ]; then set -a; . ${COLLECTIVE_ENVIRONMENT}; set +a; fi\n`;

/**
 * The variables; the port script puts in the names of the devices and the index of the GID. A value that begins with
 * `=` is matched exactly by NCCL: without it `mlx5_1` would take `mlx5_10` as well.
 */
export function collectiveTemplate(tos: number, queuePairs?: number): string {
  return [
    "GLOO_SOCKET_IFNAME=@netdev@",
    "NCCL_IB_GID_INDEX=@gid@",
    "NCCL_IB_HCA==@rdma@",
    ...(queuePairs === undefined ? [] : [`NCCL_IB_QPS_PER_CONNECTION=${queuePairs}`]),
    `NCCL_IB_TC=${tos}`,
    "NCCL_SOCKET_IFNAME==@netdev@",
    "OMPI_MCA_btl_tcp_if_include=@netdev@",
    "OMPI_MCA_oob_tcp_if_include=@netdev@",
    "UCX_IB_GID_INDEX=@gid@",
    `UCX_IB_TRAFFIC_CLASS=${tos}`,
    "UCX_NET_DEVICES=@rdma@",
    "",
  ].join("\n");
}
