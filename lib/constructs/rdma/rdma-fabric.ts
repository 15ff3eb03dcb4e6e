import { Construct } from "constructs";
import { defineProblem, failAll } from "../../errors";
import type { IHost, SwitchStatement } from "../../host";
import type { JumboFabric } from "../fabric";
import { type QosClass, qosPlanProblems, ROCE_QOS_PLAN, withoutPfc } from "../../tuning";
import { rdmaClass } from "./qos-queues";

const RDMA_CLASS = defineProblem("NL-RDMA-CLASS", "The plan of an RDMA fabric has a class for RDMA");

/** A segment with a statement about what its switches do for RDMA. */
export interface IRdmaFabric {
  /** Of the construct; messages name its path. */
  readonly node: Construct["node"];
  /** The segment that the hosts are attached to; it has the MTU. */
  readonly segment: JumboFabric;
  /** Classes of traffic. The lossless ones get priority flow control. */
  readonly classes: readonly QosClass[];
  /** What is known about the switches. */
  readonly statement: SwitchStatement;
  /** Length of the longest cable in metres. */
  readonly cableMetres: number;
  /** Called by hosts that join, so that the operator's note can count ports. */
  joined(host: IHost): void;
  /** The first host that joined; it carries the note for the operator. @default - none joined yet */
  readonly firstHost?: IHost;
}

/** What both kinds of fabric are told. */
export interface RdmaFabricProps {
  /** The segment, which has the MTU and the ports, and says whether its switches mark ECN. */
  readonly segment: JumboFabric;
  /** Classes of traffic. @default tuning.ROCE_QOS_PLAN - RoCE in DSCP 26, priority 3 */
  readonly classes?: readonly QosClass[];
}

/** What a fabric with priority flow control is told. */
export interface LosslessFabricProps extends RdmaFabricProps {
  /** Priorities for which priority flow control is on, on every switch port of the segment. They must be those of the lossless classes. */
  readonly switchPfcPriorities: readonly number[];
  /** No loops that a pause could travel round and lock up: a tree, or a leaf-spine without valley routes. @default false */
  readonly loopFree?: boolean;
  /** Longest cable in metres; it decides the headroom that switches must keep. @default 7 - what the mlx5 driver assumes */
  readonly cableMetres?: number;
}

const DEFAULT_CABLE = 7;

abstract class RdmaFabric extends Construct implements IRdmaFabric {
  readonly segment: JumboFabric;
  readonly classes: readonly QosClass[];
  abstract readonly statement: SwitchStatement;
  abstract readonly cableMetres: number;
  private first: IHost | undefined;

  constructor(scope: Construct, id: string, segment: JumboFabric, classes: readonly QosClass[]) {
    super(scope, id);
    this.segment = segment;
    this.classes = classes;
    failAll(qosPlanProblems(classes).map((problem) => ({ path: this.node.path, ...problem })));
    if (rdmaClass(classes) === undefined) {
      throw RDMA_CLASS({
        path: this.node.path,
        what: "the plan has no class for RDMA",
        value: classes.map(({ name }) => name),
        allowed: `one class with transport: "rdma"`,
        remedy: "classes: ROCE_QOS_PLAN",
      });
    }
  }

  get firstHost(): IHost | undefined {
    return this.first;
  }

  joined(host: IHost): void {
    if (this.first === undefined || host.node.path < this.first.node.path) this.first = host;
  }
}

/**
 * The statement that the switches of a segment never drop the RDMA class: priority flow control is on for it, on every
 * port. Without it no pause frame is ever enabled on a host.
 */
export class LosslessFabric extends RdmaFabric {
  /** What the switches do, as it was stated. */
  readonly statement: SwitchStatement;
  /** Length of the longest cable in metres; 7 unless stated, which the mlx5 driver assumes. */
  readonly cableMetres: number;

  /** Throws `NL-022` on a plan that no port can carry out; whether switches and hosts agree on the lossless priorities is judged by `NL-019`. */
  constructor(scope: Construct, id: string, props: LosslessFabricProps) {
    super(scope, id, props.segment, props.classes ?? ROCE_QOS_PLAN);
    this.cableMetres = props.cableMetres ?? DEFAULT_CABLE;
    this.statement = {
      switchPfc: [...props.switchPfcPriorities].sort((left, right) => left - right),
      switchEcn: props.segment.switchesMarkEcn,
      loopFree: props.loopFree ?? false,
    };
  }
}

/** The statement that switches may drop RDMA packets, as on any network that nobody set up for RoCE. */
export class LossyFabric extends RdmaFabric {
  /** That no priority is lossless, and whether the switches mark ECN. */
  readonly statement: SwitchStatement;
  /** 7 metres, what the mlx5 driver assumes; without pause frames nothing depends on it. */
  readonly cableMetres = DEFAULT_CABLE;

  /** Throws `NL-022` on a bad plan. */
  constructor(scope: Construct, id: string, props: RdmaFabricProps) {
    super(scope, id, props.segment, withoutPfc(props.classes ?? ROCE_QOS_PLAN));
    this.statement = {
      switchPfc: [],
      switchEcn: props.segment.switchesMarkEcn,
      loopFree: true,
    };
  }
}
