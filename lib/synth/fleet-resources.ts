import type { Construct } from "constructs";
import type { AppliedResource, ApplierSpec } from "./applier";
import type { CompiledHost, RegisteredHost } from "./compile";
import { fleetResource, hostResource, ROSTER_SIZE, rosterResource, waveResource } from "./resources";

/** The Terraform resources of a deployment, made as hosts come, and the order between them. */
export class FleetResources {
  private readonly scope: Construct;
  private readonly applier: ApplierSpec;
  private readonly waves: readonly string[];
  private readonly triggersOf: (wave: string) => readonly string[];
  private readonly hosts: RegisteredHost[] = [];
  private fleet: AppliedResource | undefined;
  private readonly rosters: AppliedResource[] = [];
  private readonly commits = new Map<string, AppliedResource>();

  constructor(
    scope: Construct,
    applier: ApplierSpec,
    waves: readonly string[],
    triggersOf: (wave: string) => readonly string[],
  ) {
    this.scope = scope;
    this.applier = applier;
    this.waves = waves;
    this.triggersOf = triggersOf;
  }

  /** Adds a host that has a target. */
  add(entry: RegisteredHost, digest: () => string): void {
    this.fleet ??= fleetResource(this.applier, this.scope);
    hostResource(this.applier, entry, digest);
    if (this.hosts.length % ROSTER_SIZE === 0) this.addRoster(this.fleet);
    this.hosts.push(entry);
    if (!this.commits.has(entry.wave)) this.addCommit(entry.wave, this.fleet);
  }

  private addRoster(fleet: AppliedResource): void {
    const from = this.hosts.length;
    const entries = () => this.hosts.slice(from, from + ROSTER_SIZE);
    const roster = rosterResource(this.applier, this.scope, this.rosters.length + 1, fleet, entries);
    // Who has left goes before the others are told to do without.
    for (const commit of this.commits.values()) commit.waitFor(roster.address);
    this.rosters.push(roster);
  }

  private addCommit(wave: string, fleet: AppliedResource): void {
    const resource = waveResource(this.applier, this.scope, wave, fleet, () => this.triggersOf(wave));
    for (const roster of this.rosters) resource.waitFor(roster.address);
    for (const [other, commit] of this.commits) {
      if (this.waves.indexOf(other) < this.waves.indexOf(wave)) resource.waitFor(commit.address);
      else commit.waitFor(resource.address);
    }
    this.commits.set(wave, resource);
  }
}

/**
 * Everything that a wave has to be committed for: its hosts' generations and targets, and the keys that members in other
 * waves have now, since digests do not cover keys.
 */
export function waveTriggers(hosts: readonly CompiledHost[], wave: string): readonly string[] {
  const deployed = hosts.filter((host) => host.target !== undefined);
  const own = deployed.filter((host) => host.wave === wave);
  const meshes = new Set(own.flatMap((host) => host.resolved.wireguard.map(({ value }) => value.mesh)));
  const foreignKeys = deployed
    .filter((host) => host.wave !== wave)
    .flatMap((host) => host.resolved.wireguard)
    .filter(({ value }) => meshes.has(value.mesh))
    .map(({ value }) => `${value.mesh} ${value.member} ${value.keyEpoch}`);
  return [...own.map((h) => `${h.resolved.name} ${h.digest} ${JSON.stringify(h.target)}`), ...foreignKeys];
}
