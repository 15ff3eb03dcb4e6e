import type { Construct } from "constructs";
import { at } from "../../errors";
import { featureId } from "../../host";
import { StackFeature, type StackFiles } from "../../synth";
import { Rules } from "../../rules";
import { agreementRules } from "./agreement";
import { clusterRules } from "./cluster-rules";
import { deliveryFiles } from "./delivery/files";
import { serviceCidr6Of, serviceCidrOf } from "./delivery/delivery";
import { describePlan } from "./describe";
import { podMtu } from "./matrix/mtu";
import { ClusterObject, markAsCluster } from "./objects/object";
import type { ObjectJson } from "./objects/object-json";
import { ObjectSet, type UsedRange } from "./objects/object-set";
import { referenceProblems } from "./objects/references";
import { CiliumNode } from "./os/node";
import { type ClusterPlan, planCluster, planProblems } from "./plan";
import type { CiliumClusterProps } from "./props";
import { printYaml, printYamlDocuments } from "./yaml";

/**
 * A Kubernetes cluster on hosts of the stack whose network is Cilium. It writes the Helm values for what is wanted,
 * each with its reason, and gives the hosts what their side of it needs. Combinations that would render fine and then
 * kill the agent or leave traffic in clear text are not in the types of the props, or are errors at synthesis.
 *
 * Objects such as `CiliumNetworkPolicy` are constructs below it.
 */
export class CiliumCluster extends StackFeature {
  /** What the cluster was made from. */
  readonly props: CiliumClusterProps;
  private readonly memory = new Map<string, unknown>();

  /** Throws when there is no server, a node is not on the network, or a range or size is malformed. */
  constructor(scope: Construct, id: string, props: CiliumClusterProps) {
    super(scope, id);
    this.props = props;
    markAsCluster(this);
    const plan = at(this.node.path, () => planCluster(this.node.path, props));
    for (const { host } of plan.nodes) new CiliumNode(host, featureId(host, "Cilium", this), this);
    for (const rule of [...clusterRules(this), ...agreementRules(this)]) Rules.add(this, rule);
  }

  /** Everything that follows from the props, as of this synthesis. */
  clusterPlan(): ClusterPlan {
    return this.once("plan", () => planCluster(this.node.path, this.props));
  }

  /** The objects below the cluster, in the order in which they were made. */
  objects(): readonly ClusterObject[] {
    return this.node.findAll().filter((construct) => ClusterObject.isClusterObject(construct));
  }

  /** The objects as data, for checks between them. */
  objectSet(): ObjectSet {
    const objects = this.objects();
    return this.once(`set of ${objects.length}`, () => {
      return new ObjectSet(objects.map((object) => ({ path: object.node.path, json: object.toJson() })));
    });
  }

  /** Files of objects by name: one for each kind, in the order of the kinds. */
  manifests(): readonly (readonly [name: string, content: string])[] {
    const set = this.objectSet();
    return this.once(`manifests of ${set.all.length}`, () => manifestFiles(set));
  }

  /** Ranges of pod addresses: IPv4, then IPv6 if there is one. */
  podCidrs(): readonly string[] {
    const { podCidr } = this.clusterPlan();
    return this.props.podCidr6 === undefined ? [podCidr] : [podCidr, this.props.podCidr6];
  }

  /** Range of service addresses, where it is known. */
  serviceCidr(): string | undefined {
    return serviceCidrOf(this.clusterPlan().delivery);
  }

  /** MTU of the network between the nodes, where it has one. */
  networkMtu(): number | undefined {
    return this.props.on?.mtu?.value;
  }

  /** Largest packets of pods: of their devices, and of their default route after all encapsulation. */
  podMtu(underlay = this.networkMtu() ?? 1500) {
    const { values } = this.clusterPlan();
    return this.once(`packets on ${underlay}`, () => podMtu(values, underlay));
  }

  /** Whether some BGP instance accepts sessions on port 179. */
  listensForBgp(): boolean {
    return this.objects().some(
      (object) =>
        object.kind === "CiliumBGPClusterConfig" && JSON.stringify(object.toJson()).includes('"localPort":179'),
    );
  }

  contributeFiles(files: StackFiles): void {
    this.memory.clear();
    const plan = this.clusterPlan();
    const objects = this.objectSet();
    files.report([
      ...planProblems(plan, this.props),
      ...this.objects().flatMap((object, i) => object.problems(objects.all[i]!.json)),
      ...referenceProblems(objects, plan.values, this.usedRanges(plan)),
    ]);
    const folder = files.names("cluster").of(this.node.path.split("/").slice(1).join("/") || this.node.id);
    const add = (path: string, content: string, mode?: string): void =>
      files.add(this.node.path, `${folder}/${path}`, content, mode);
    add("values.yaml", printYaml(plan.values, plan.reasons));
    add("derived.json", `${JSON.stringify(describePlan(this), undefined, 2)}\n`);
    for (const [name, content] of this.manifests()) add(`manifests/${name}`, content);
    for (const { path, content, mode } of deliveryFiles(plan, this.podCidrs())) add(path, content, mode);
  }

  /** Computes once in a synthesis; every synthesis begins by forgetting, because constructs may have been added since. */
  private once<T>(what: string, compute: () => T): T {
    if (!this.memory.has(what)) this.memory.set(what, compute());
    return this.memory.get(what) as T;
  }

  private usedRanges(plan: ClusterPlan): readonly UsedRange[] {
    const service = this.serviceCidr();
    const six = this.props.podCidr6 === undefined ? undefined : serviceCidr6Of(plan.delivery);
    return [
      ...this.podCidrs().map((cidr) => ({ cidr, use: "the pods" })),
      ...(service === undefined ? [] : [{ cidr: service, use: "the services" }]),
      ...(six === undefined ? [] : [{ cidr: six, use: "the services" }]),
      ...plan.nodes.flatMap(({ host, address, address6 }) => [
        ...(address === undefined ? [] : [{ cidr: `${address}/32`, use: `node ${host.hostName}` }]),
        ...(address6 === undefined ? [] : [{ cidr: `${address6}/128`, use: `node ${host.hostName}` }]),
      ]),
    ];
  }
}

function manifestFiles({ all }: ObjectSet): readonly (readonly [name: string, content: string])[] {
  const byKind = new Map<string, ObjectJson[]>();
  for (const { json } of all) {
    const list = byKind.get(json.kind);
    if (list === undefined) byKind.set(json.kind, [json]);
    else list.push(json);
  }
  const key = ({ metadata }: ObjectJson): string => `${metadata.namespace ?? ""}/${metadata.name}`;
  return [...byKind]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, list]) => {
      const sorted = list.map((json) => [key(json), json] as const).sort(([a], [b]) => (a < b ? -1 : 1));
      return [`${kind.toLowerCase()}.yaml`, printYamlDocuments(sorted.map(([, json]) => json))];
    });
}
