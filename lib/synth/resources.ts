import { gzipSync } from "node:zlib";
import type { Construct } from "constructs";
import { rosterVariable, windowField } from "../contract";
import { defineProblem } from "../errors";
import { sha256 } from "../render";
import type { AppliedResource, AppliedResourceProps, ApplierSpec } from "./applier";
import { lazyMap, lazyText, literal } from "./cdktf";
import type { RegisteredHost } from "./compile";

const ROSTER = defineProblem("NL-ROSTER", "The addresses of all hosts of a stack fit into what Terraform hands on");

/** The runner lies in the stack's folder, which is where Terraform runs. */
const RUNNER = "node deploy.cjs";

/**
 * The digest of every host, which shows in the plan which hosts will change. It runs nothing. There is one for all
 * hosts, which keeps plans fast: every commit waits for it, and Terraform pays for each edge between resources.
 */
export function generationsResource(
  applier: ApplierSpec,
  scope: Construct,
  digests: () => ReadonlyMap<string, string>,
): AppliedResource {
  const triggers = lazyMap(({ preparing }) => (preparing ? {} : Object.fromEntries([...digests()].sort(byName))));
  return applier.create(scope, "Generations", { triggers });
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

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

/** Parts in which a roster is handed on, and characters of each: a variable holds 128 KiB on Linux, and all of them 1 MiB on macOS. */
const PARTS = 8;
const PART = 120_000;
/** Bytes of a compressed roster, which travels as base64; Go's compressor may need a little more than Node's. */
const CAPACITY = ((PARTS * PART * 3) / 4) * 0.9;

/**
 * Remembers where hosts are. Terraform runs nothing for a block that is gone from the configuration, so it is this
 * list, replaced when it changes, whose destruction withdraws the hosts that have left. There is one of it, however
 * many hosts there are: a second one would be such a block when a fleet shrinks.
 */
export function rosterResource(
  applier: ApplierSpec,
  scope: Construct,
  fleet: AppliedResource,
  entries: () => readonly RegisteredHost[],
): AppliedResource {
  const packed = `base64gzip(${applier.trigger("hosts")})`;
  const part = (i: number) => [rosterVariable(i + 1), `\${substr(${packed}, ${i * PART}, ${PART})}`];
  return applier.create(scope, "Roster", {
    triggers: { owner: idOf(fleet), hosts: whenSynthesized(() => literal(rosterText(scope, entries()))) },
    provisioners: [
      {
        type: "local-exec",
        when: "destroy",
        command: `${RUNNER} withdraw --departed`,
        environment: {
          NETLOOM_OWNER: reference(applier.trigger("owner")),
          ...Object.fromEntries(Array.from({ length: PARTS }, (_, i) => part(i))),
        },
      },
    ],
  });
}

function rosterText(scope: Construct, entries: readonly RegisteredHost[]): string {
  const places = entries.map(
    ({ host, target, window }) => [host.hostName, { ...target, ...windowField(window) }] as const,
  );
  // In ASCII: Terraform keeps text in Unicode's form NFC, and a path in another form would be another directory then.
  const text = JSON.stringify(Object.fromEntries(places.sort(byName))).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  if (text.length > CAPACITY && gzipSync(text).length > CAPACITY) {
    throw ROSTER({
      path: scope.node.path,
      what: "the targets of this stack's hosts are more than Terraform can hand to a program, so that no host could ever leave",
      value: `${entries.length} targets, ${text.length} characters`,
      allowed: `${CAPACITY} bytes when compressed`,
      remedy: "divide the hosts among stacks, or pin host keys in known_hosts in place of hostKey",
    });
  }
  return text;
}

/** One wave: where it stands, whose it is, and what it waits for. */
export interface WaveSettings {
  readonly name: string;
  /**
   * Place among the waves, from 1. It is in the ids, so that a wave never waits for one that waited for it before:
   * Terraform remembers what waited for what, and would refuse waves that change places as a cycle.
   */
  readonly place: number;
  readonly fleet: AppliedResource;
  readonly digests: () => readonly string[];
  readonly after: () => readonly string[];
}

/** The two resources of one wave. */
export interface WaveResources {
  readonly commit: AppliedResource;
  readonly confirmed: AppliedResource;
}

/**
 * A wave is two resources that run the same command. *Commit* stages, arms, activates, proves and confirms all hosts of
 * the wave, or none. Terraform counts it as made before its command has ended: if it is killed after another resource
 * completed in the meantime, its state says so. *Confirmed* is made after Commit, for that Commit: its absence is what
 * the next plan sees then. The runner has nothing to do for it when the command of its Commit has ended well.
 */
export function waveResources(applier: ApplierSpec, scope: Construct, wave: WaveSettings): WaveResources {
  const { name, place, fleet, digests, after } = wave;
  const create = (id: string, commit: string, props: Omit<AppliedResourceProps, "provisioners">) =>
    applier.create(scope, `${id}-${place}-${name}`, {
      ...props,
      provisioners: [
        {
          type: "local-exec",
          command: `${RUNNER} commit ${name}`,
          environment: { NETLOOM_OWNER: idOf(fleet), NETLOOM_COMMIT: commit },
        },
      ],
    });
  // A new owner has to be written on the hosts, or nobody could withdraw from them.
  const digest = whenSynthesized(() => sha256([...digests()].sort().join("\n")));
  const commit = create("Commit", reference("self.id"), { triggers: { owner: idOf(fleet), digest }, after });
  const confirmed = create("Confirmed", idOf(commit), { triggers: { commit: idOf(commit) } });
  return { commit, confirmed };
}

function idOf(resource: AppliedResource): string {
  return reference(`${resource.address}.id`);
}

function reference(expression: string): string {
  return `\${${expression}}`;
}

/** cdktf resolves everything once only to look for references; compiling for that would double the work. */
function whenSynthesized(produce: () => string): string {
  return lazyText((context) => (context.preparing ? "pending" : produce()));
}
