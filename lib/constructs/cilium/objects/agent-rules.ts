import type { PortProtocol } from "./policy-rule-types";

const HIGHEST_PORT = 65535;
/** A service name as in RFC 6335, section 5.1. */
const PORT_NAME = /^(?=[a-z0-9-]{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/i;

/**
 * What schema and CEL let through and an agent then rejects, so that the policy is not enforced: the schema's pattern
 * for ports is not anchored, so `"70000"` and `"80/tcp"` pass it. Source: Cilium, pkg/policy/api rule validation.
 */
export function agentViolations(rules: readonly object[]): readonly string[] {
  return rules.flatMap((rule) => portsOf(rule).flatMap(portViolations));
}

function portViolations({ port, endPort }: PortProtocol): readonly string[] {
  const first = /^\d+$/.test(port ?? "") ? Number(port) : undefined;
  const violations: string[] = [];
  if (
    port !== undefined &&
    typeof port === "string" &&
    (first === undefined ? !PORT_NAME.test(port) : first > HIGHEST_PORT)
  )
    violations.push(`port ${JSON.stringify(port)} is neither a port number up to ${HIGHEST_PORT} nor a port name`);
  if (endPort !== undefined && (first === undefined || first === 0 || endPort < first || endPort > HIGHEST_PORT))
    violations.push(`endPort ${endPort} does not end a range that starts at port ${JSON.stringify(port)}`);
  return violations;
}

/** All `ports` lists within `toPorts`, wherever the direction. */
function portsOf(rule: object): readonly PortProtocol[] {
  const found: PortProtocol[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [name, value] of Object.entries(node)) {
      if (name === "toPorts" && Array.isArray(value))
        for (const one of value) found.push(...((one as { ports?: PortProtocol[] }).ports ?? []));
      else walk(value);
    }
  };
  walk(rule);
  return found;
}
