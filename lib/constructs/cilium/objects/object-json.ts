import type { ObjectMetadata } from "./selector-types";

/** An object as it goes to the API server. */
export interface ObjectJson {
  /** Group and version, e.g. `cilium.io/v2`. */
  readonly apiVersion: string;
  /** Kind within the group. */
  readonly kind: string;
  /** Name, namespace, labels and annotations. */
  readonly metadata: ObjectMetadata & {
    /** DNS subdomain. */
    readonly name: string;
  };
  readonly [field: string]: unknown;
}
