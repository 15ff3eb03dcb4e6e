import { defineReport, type Problem } from "../../../errors";
import type { ObjectJson } from "./object-json";

export const DANGLING = defineReport("NL-CILIUM-REFERENCE", "Objects refer to objects of the cluster");

/** An object and the construct that it comes from. */
export interface PlacedObject {
  readonly path: string;
  readonly json: ObjectJson;
}

/** Ranges that addresses of services must keep away from. */
export interface UsedRange {
  readonly cidr: string;
  /** What it is used for, in words. */
  readonly use: string;
}

/** The objects of one cluster, indexed for checks between them. */
export class ObjectSet {
  readonly all: readonly PlacedObject[];
  private readonly byKind = new Map<string, PlacedObject[]>();

  constructor(objects: readonly PlacedObject[]) {
    this.all = objects;
    for (const object of objects) {
      const list = this.byKind.get(object.json.kind);
      if (list === undefined) this.byKind.set(object.json.kind, [object]);
      else list.push(object);
    }
  }

  ofKind(kind: string): readonly PlacedObject[] {
    return this.byKind.get(kind) ?? [];
  }

  has(kind: string, name: string): boolean {
    return this.ofKind(kind).some(({ json }) => json.metadata.name === name);
  }
}

/** A problem for a reference to an object that is not there. */
export function missing(path: string, from: string, kind: string, name: string, objects: ObjectSet): Problem {
  return {
    code: DANGLING.id,
    path,
    what: `${from} refers to a ${kind} that the cluster does not have`,
    value: name,
    allowed:
      objects
        .ofKind(kind)
        .map(({ json }) => json.metadata.name)
        .join(", ") || `there is no ${kind}`,
    remedy: `new ${kind}(cluster, ${JSON.stringify(name)}, …)`,
  };
}
