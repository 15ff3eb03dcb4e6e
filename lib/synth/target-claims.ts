import { resolve } from "node:path";
import type { IConstruct } from "constructs";
import type { TargetSpec } from "../contract";
import { defineProblem } from "../errors";
import type { IHost } from "../host";

const TARGET_TWICE = defineProblem("NL-TARGET-TWICE", "A machine is the target of one host");

/** The machines of each app that hosts were given, by what tells them apart. */
const CLAIMS = new WeakMap<IConstruct, Map<string, IHost>>();

/**
 * Notes that `host` is deployed to `target`. Throws when another host of the app, in whatever stack, has it already:
 * a machine holds one generation, so each of the two would take the other's back.
 */
export function claimTarget(host: IHost, target: TargetSpec): void {
  const { root } = host.node;
  const claims = CLAIMS.get(root) ?? new Map<string, IHost>();
  CLAIMS.set(root, claims);
  const machine = machineOf(target);
  const other = claims.get(machine);
  if (other !== undefined) {
    throw TARGET_TWICE({
      path: host.node.path,
      others: [other.node.path],
      what: `${other.hostName} and ${host.hostName} are deployed to the same ${target.kind === "ssh" ? "machine" : "directory"}, so each would take back what the other put there`,
      value: machine,
      allowed: "one host per target",
      remedy: "one Host with the features of both, or another target",
    });
  }
  claims.set(machine, host);
}

function machineOf(target: TargetSpec): string {
  if (target.kind === "directory") return resolve(target.path);
  const through = target.proxyJump === undefined ? "" : ` through ${target.proxyJump}`;
  return `${target.host.toLowerCase()} port ${target.port ?? 22}${through}`;
}
