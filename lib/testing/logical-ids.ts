import type { SynthResult } from "./synth";

/**
 * The address of every Terraform resource with the construct that it belongs to, sorted:
 * `null_resource.node-0_Generation_08AE3302 = lab/node-0/Generation`. Logical ids are API: when one changes, Terraform destroys
 * the resource and makes another one, so hold them in a snapshot.
 */
export function logicalIds(result: SynthResult): readonly string[] {
  return Object.entries(result.tf.resource ?? {})
    .flatMap(([type, resources]) =>
      Object.entries(resources).map(([id, resource]) => `${type}.${id} = ${constructPath(resource)}`),
    )
    .sort();
}

function constructPath(resource: Readonly<Record<string, unknown>>): string {
  const note = resource["//"] as { readonly metadata?: { readonly path?: string } } | undefined;
  return note?.metadata?.path ?? "?";
}
