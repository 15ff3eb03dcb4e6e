import { Construct, type IConstruct } from "constructs";
import { defineProblem, type Problem } from "../../../errors";
import { crdData } from "../data";
import { objectSchemaProblems } from "../schema";
import { agentViolations } from "./agent-rules";
import { celViolations } from "./cel";
import type { ObjectJson } from "./object-json";
import { policyRulesOf } from "./policy-rules-of";
import type { ObjectMetadata } from "./selector-types";
import { OBJECT_SCHEMA } from "../schema";

const OBJECT_NAME = defineProblem("NL-CILIUM-NAME", "An object has a name that Kubernetes takes");
const OBJECT_NAMESPACE = defineProblem("NL-CILIUM-NAMESPACE", "Only kinds that have a namespace are given one");
const NO_CLUSTER = defineProblem("NL-CILIUM-SCOPE", "An object stands below its cluster");

const OBJECT = Symbol.for("netloom/ClusterObject");
const CLUSTER = Symbol.for("netloom/CiliumCluster");

/** Marks a construct as a cluster, below which objects may stand. */
export function markAsCluster(construct: IConstruct): void {
  Object.defineProperty(construct, CLUSTER, { value: true });
}

/** What every object construct takes. */
export interface ClusterObjectProps {
  /** Name, namespace, labels and annotations. @default - named after the construct id */
  readonly metadata?: ObjectMetadata;
}

/** Lower-case labels joined by dots. Source: Kubernetes, object names (RFC 1123 subdomain). */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST_NAME = 253;

/**
 * An object of the cluster that the construct stands below. It is checked when the stack is synthesized and written
 * to the cluster's `manifests` folder.
 */
export abstract class ClusterObject extends Construct {
  /** As it will be written: the name is there, and a namespace for kinds that have one. */
  readonly metadata: ObjectMetadata & {
    /** DNS subdomain; the construct id unless another was given. */
    readonly name: string;
  };
  /** Group and version of the kind, e.g. `cilium.io/v2`. */
  abstract readonly apiVersion: string;
  /** Kind within the group. */
  abstract readonly kind: string;

  /** Throws when no cluster stands above, and on names that Kubernetes refuses. */
  constructor(
    scope: Construct,
    id: string,
    namespaced: boolean,
    props: ClusterObjectProps,
    defaultNamespace = "default",
  ) {
    super(scope, id);
    Object.defineProperty(this, OBJECT, { value: true });
    if (!this.node.scopes.some((above) => CLUSTER in above)) {
      throw NO_CLUSTER({
        path: this.node.path,
        what: "an object belongs to a cluster, but none stands above it, so it would never be written",
        allowed: "a scope at or below a CiliumCluster",
        remedy: `new ${this.constructor.name}(cluster, ${JSON.stringify(id)}, …)`,
      });
    }
    const { name = id, namespace, ...rest } = props.metadata ?? {};
    if (!namespaced && namespace !== undefined) {
      throw OBJECT_NAMESPACE({
        path: this.node.path,
        what: "this kind has no namespace",
        value: namespace,
        allowed: "metadata without a namespace",
      });
    }
    this.metadata = {
      name: objectName(this.node.path, "name", name),
      ...(namespaced && { namespace: objectName(this.node.path, "namespace", namespace ?? defaultNamespace) }),
      ...rest,
    };
  }

  /** Whether `construct` is an object, whichever copy of the library made it. */
  static isClusterObject(construct: IConstruct): construct is ClusterObject {
    return OBJECT in construct;
  }

  /** The fields beside apiVersion, kind and metadata. */
  protected abstract body(): Readonly<Record<string, unknown>>;

  /** The object as plain data; also what an `ApiObject` of cdk8s takes. */
  toJson(): ObjectJson {
    return { apiVersion: this.apiVersion, kind: this.kind, metadata: this.metadata, ...this.body() };
  }

  /** Everything that the API server or an agent would refuse. */
  problems(json = this.toJson()): readonly Problem[] {
    if (crdData().schemas[this.kind] === undefined) return [];
    const path = this.node.path;
    const schema = objectSchemaProblems(this.kind, json).map((problem) => ({ path, ...problem }));
    const beyond = [...celViolations(this.kind, json), ...agentViolations(policyRulesOf(json))].map((what) => ({
      code: OBJECT_SCHEMA.id,
      path,
      what: `${this.kind}: ${what}`,
    }));
    return [...schema, ...beyond];
  }
}

function objectName(path: string, what: string, name: string): string {
  if (SUBDOMAIN.test(name) && name.length <= LONGEST_NAME) return name;
  throw OBJECT_NAME({
    path,
    what: `Kubernetes refuses this ${what}`,
    value: name,
    allowed: `a-z 0-9 - and dots, at most ${LONGEST_NAME}, letters or digits at both ends`,
    remedy: `metadata: { ${what}: ${JSON.stringify(
      name
        .toLowerCase()
        .replace(/[^a-z0-9.]+/g, "-")
        .replace(/^[-.]+|[-.]+$/g, "") || "example",
    )} }`,
  });
}
