import type { ObjectJson } from "./object-json";

type Fields = Readonly<Record<string, unknown>>;

/** The rules of a policy object; none for other kinds. */
export function policyRulesOf(json: ObjectJson): readonly Fields[] {
  if (!json.kind.endsWith("NetworkPolicy") || !json.apiVersion.startsWith("cilium.io/")) return [];
  const { spec, specs } = json as { readonly spec?: Fields; readonly specs?: readonly Fields[] };
  return [...(spec === undefined ? [] : [spec]), ...(specs ?? [])];
}
