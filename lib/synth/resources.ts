import type { Construct } from "constructs";
import { sha256 } from "../render";
import type { AppliedResource, ApplierSpec } from "./applier";
import { lazyText, literal } from "./cdktf";
import type { RegisteredHost } from "./compile";

/** The runner lies in the stack's folder, which is where Terraform runs. */
const RUNNER = "node deploy.cjs";

/**
 * The resource of one host: what it shall be. It runs nothing, which keeps plans fast, and shows in them which hosts
 * will change.
 */
export function hostResource(applier: ApplierSpec, { host }: RegisteredHost, digest: () => string): AppliedResource {
  return applier.create(host as Construct, "Generation", { triggers: whenSynthesized(digest) });
}

/**
 * Stands for all deployed hosts of the stack. It is never replaced: its id owns what the stack puts on hosts, and only a
 * destroy of the stack, which takes everything back, ends it.
 */
export function fleetResource(applier: ApplierSpec, scope: Construct): AppliedResource {
  return applier.create(scope, "Fleet", {
    triggers: {},
    provisioners: [
      {
        type: "local-exec",
        when: "destroy",
        command: `${RUNNER} withdraw`,
        environment: { NETLOOM_OWNER: "${self.id}" },
      },
    ],
  });
}

/** An environment variable holds 128 KiB on Linux, and an entry of a roster is shorter than 256 bytes but for odd paths. */
export const ROSTER_SIZE = 400;

/**
 * Remembers where hosts are. Terraform runs nothing for a block that is gone from the configuration, so it is this
 * list, replaced when it changes, whose destruction withdraws the hosts that have left.
 */
export function rosterResource(
  applier: ApplierSpec,
  scope: Construct,
  number: number,
  fleet: AppliedResource,
  entries: () => readonly RegisteredHost[],
): AppliedResource {
  return applier.create(scope, number === 1 ? "Roster" : `Roster-${number}`, {
    triggers: { owner: idOf(fleet), hosts: whenSynthesized(() => literal(rosterText(entries()))) },
    provisioners: [
      {
        type: "local-exec",
        when: "destroy",
        command: `${RUNNER} withdraw --departed`,
        environment: { NETLOOM_OWNER: applier.trigger("owner"), NETLOOM_HOSTS: applier.trigger("hosts") },
      },
    ],
  });
}

function rosterText(entries: readonly RegisteredHost[]): string {
  const places = entries.map(({ host, target, window }) => [host.hostName, { target, window }] as const);
  return JSON.stringify(Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** The resource of one wave: stages, arms, activates, proves and confirms all its hosts, or none. */
export function waveResource(
  applier: ApplierSpec,
  scope: Construct,
  wave: string,
  fleet: AppliedResource,
  digests: () => readonly string[],
): AppliedResource {
  return applier.create(scope, `Commit-${wave}`, {
    triggers: whenSynthesized(() => sha256([...digests()].sort().join("\n"))),
    provisioners: [
      { type: "local-exec", command: `${RUNNER} commit ${wave}`, environment: { NETLOOM_OWNER: idOf(fleet) } },
    ],
  });
}

function idOf(resource: AppliedResource): string {
  return `\${${resource.address}.id}`;
}

/** cdktf resolves everything once only to look for references; compiling for that would double the work. */
function whenSynthesized(produce: () => string): string {
  return lazyText((context) => (context.preparing ? "pending" : produce()));
}
