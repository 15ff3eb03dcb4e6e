import type { ObjectMetadata } from "./selector-types";

/** An object as it goes to the API server. */
export interface ObjectJson {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata & { readonly name: string };
  readonly [field: string]: unknown;
}
