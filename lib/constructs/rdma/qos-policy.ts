import { Construct } from "constructs";
import { defineProblem, failAll } from "../../errors";
import { featureId, HostFeature, type HostSettings, type IHost, type NetworkInterface } from "../../host";
import { type QosClass, qosPlanProblems, SINGLE_QUEUE_LIMIT } from "../../tuning";
import { Mtu } from "../../units";
import { choosePort } from "../fabric";
import { contributeChecks, contributeClassCheck } from "./port-checks";
import { contributePort } from "./port-script";
import { contributeMarks, type QosMark } from "./qos-nft";
import { HARDWARE_QDISC, hardwareQueues, softwareQueues } from "./qos-queues";
import { cardOf, hasHardwareQueues, portIdentity, rateOf } from "./roce-port";
import { QOS_NETWORK } from "./qos-nft";

const QOS_LOSSLESS = defineProblem("NL-QOS-LOSSLESS", "A policy has no lossless class");

/** Classes of traffic for TCP and UDP. */
export interface QosPolicyProps {
  /** The classes. Weights of the `ets` ones sum to 100. @default TCP_QOS_PLAN */
  readonly classes?: readonly QosClass[];
  /** Traffic of applications that is put into a class by its ports. @default - applications set DSCP themselves */
  readonly marks?: readonly QosMark[];
  /** MTU of the ports, from which turns are measured. @default 1500 */
  readonly mtu?: number;
}

/** Which port of a host is meant, and where its queues are. */
export interface QosAttachOptions {
  /** Id of the port. @default - the only one that is not the control port */
  readonly interface?: string;
  /**
   * `hardware`: the card's traffic classes, by `dcb` and `mqprio`. `software`: `tc ets` with `fq_codel` queues, and `tbf` for the limits of strict classes; it puts
   * all queues of the card under one lock, so up to 10 Gbit/s. `none`: marks only, the fabric does the rest.
   * @default - hardware where the card has it, software up to 10 Gbit/s, else none
   */
  readonly queues?: "hardware" | "software" | "none";
}

/** The plan for RoCE fabrics (`tuning.ROCE_QOS_PLAN`) without its RoCE class, whose share goes to bulk and interactive traffic. */
export const TCP_QOS_PLAN: readonly QosClass[] = [
  { name: "network-control", dscp: [48], priority: 6, scheduler: "strict", share: 5, transport: "any" },
  { name: "realtime", dscp: [46], priority: 5, scheduler: "strict", share: 15 },
  { name: "interactive", dscp: [34], priority: 4, scheduler: "ets", share: 35 },
  { name: "monitoring", dscp: [16], priority: 2, scheduler: "ets", share: 5 },
  { name: "bulk", dscp: [18, 10], priority: 1, scheduler: "ets", share: 35, ecn: true },
  { name: "default", dscp: [0, 1, 8], priority: 0, scheduler: "ets", share: 25, transport: "any" },
];

/**
 * Classes of traffic on hosts without RDMA: marks by application, priority by DSCP, and queues that share the link by
 * weight. Hosts with RDMA get the same from their fabric.
 */
export class QosPolicy extends Construct {
  /** The plan, as given or {@link TCP_QOS_PLAN}. */
  readonly classes: readonly QosClass[];
  private readonly props: QosPolicyProps;
  private readonly ports: NetworkInterface[] = [];

  /** Throws `NL-022` with everything that is wrong with the plan, `NL-QOS-LOSSLESS` when a class is lossless. */
  constructor(scope: Construct, id: string, props: QosPolicyProps = {}) {
    super(scope, id);
    this.props = props;
    this.classes = props.classes ?? TCP_QOS_PLAN;
    const path = this.node.path;
    failAll(qosPlanProblems(this.classes).map((problem) => ({ path, ...problem })));
    const lossless = this.classes.find((entry) => entry.lossless);
    if (lossless) {
      throw QOS_LOSSLESS({
        path,
        what: "priority flow control needs a statement about the switches, which a QosPolicy does not have",
        value: lossless.name,
        allowed: "classes without lossless: true",
        remedy: "new LosslessFabric(…) and RdmaNode",
      });
    }
  }

  /** Applies the policy to one port of a host. */
  attach(host: IHost, options: QosAttachOptions = {}): void {
    const port = choosePort(host, { path: this.node.path, interface: options.interface });
    if (port.addresses.length === 0) {
      throw QOS_NETWORK({
        path: this.node.path,
        others: [host.node.path],
        what: `port ${port.id} has no address, so its traffic cannot be told from that of the control interface`,
        allowed: "at least one address on the port",
        remedy: 'addresses: ["10.10.1.1/24"]',
      });
    }
    this.ports.push(port);
    new QosPort(host, featureId(host, "Qos", this, port.id), this, port, {
      ...this.props,
      queues: options.queues ?? defaultQueues(host, port),
    });
  }

  /** An address of another port of this policy, in a network of this one. */
  peerOf(port: NetworkInterface): string | undefined {
    const others = this.ports.filter((other) => other !== port).flatMap((other) => other.addresses);
    return others
      .find(({ address }) => port.addresses.some(({ network }) => network.contains(address)))
      ?.address.toString();
  }
}

function defaultQueues(host: IHost, port: NetworkInterface): NonNullable<QosAttachOptions["queues"]> {
  const card = cardOf(host, port);
  if (card !== undefined && hasHardwareQueues(card)) return "hardware";
  const rate = rateOf(host, port);
  return rate !== undefined && rate.compareTo(SINGLE_QUEUE_LIMIT) <= 0 ? "software" : "none";
}

class QosPort extends HostFeature {
  private readonly policy: QosPolicy;
  private readonly port: NetworkInterface;
  private readonly props: QosPolicyProps & { readonly queues: "hardware" | "software" | "none" };

  constructor(host: IHost, id: string, policy: QosPolicy, port: NetworkInterface, props: QosPort["props"]) {
    super(host, id);
    this.policy = policy;
    this.port = port;
    this.props = props;
  }

  contribute(settings: HostSettings): void {
    const { classes } = this.policy;
    contributeMarks(settings, this.node.path, this.port, classes, this.props.marks);
    if (this.props.queues === "none") return;
    const hardware = this.props.queues === "hardware";
    const rate = rateOf(this.host, this.port);
    const queues = hardware ? hardwareQueues(classes, rate) : undefined;
    const plan = {
      ...portIdentity(this.host, this.port),
      tools: "inbox" as const,
      rdma: "none" as const,
      ...(queues
        ? { ...queues, pfc: undefined, qdisc: HARDWARE_QDISC }
        : softwareQueues(classes, Mtu.of(this.props.mtu ?? 1500), rate)),
      affinity: false,
    };
    const { check } = contributePort(settings, plan, {
      because: `classes of ${this.policy.node.path} share the link by weight`,
      source: hardware ? "dcb-ets(8), tc-mqprio(8)" : "tc-ets(8)",
    });
    contributeChecks(settings, plan, check);
    contributeClassCheck(settings, plan, check, this.policy.peerOf(this.port));
  }
}
