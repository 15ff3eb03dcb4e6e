import type { Construct } from "constructs";
import type { AppliedResource, ApplierSpec } from "./applier";
import type { CompiledHost, RegisteredHost } from "./compile";
import { fleetResource, hostResource, rosterResource, waveResource } from "./resources";

/** The Terraform resources of a deployment, made as hosts come, and the order between them. */
export class FleetResources {
  private readonly scope: Construct;
  private readonly applier: ApplierSpec;
  private readonly waves: readonly string[];
  private readonly triggersOf: (wave: string) => readonly string[];
  private readonly hosts: RegisteredHost[] = [];
  private base: { readonly fleet: AppliedResource; readonly roster: AppliedResource } | undefined;
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
    hostResource(this.applier, entry, digest);
    this.hosts.push(entry);
    if (!this.commits.has(entry.wave)) this.addCommit(entry.wave);
  }

  private addCommit(wave: string): void {
    this.base ??= this.addBase();
    const { fleet, roster } = this.base;
    const place = this.waves.indexOf(wave) + 1;
    const resource = waveResource(this.applier, this.scope, wave, place, fleet, () => this.triggersOf(wave));
    // Who has left goes before the others are told to do without.
    resource.waitFor(roster.address);
    for (const [other, commit] of this.commits) {
      if (this.waves.indexOf(other) + 1 < place) resource.waitFor(commit.address);
      else commit.waitFor(resource.address);
    }
    this.commits.set(wave, resource);
  }

  private addBase() {
    const fleet = fleetResource(this.applier, this.scope);
    return { fleet, roster: rosterResource(this.applier, this.scope, fleet, () => this.hosts) };
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
