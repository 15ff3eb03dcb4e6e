import type { Construct } from "constructs";
import type { AppliedResource, ApplierSpec } from "./applier";
import type { CompiledHost, RegisteredHost } from "./compile";
import { fleetResource, generationsResource, rosterResource, type WaveResources, waveResources } from "./resources";

/** What is known when the stack is synthesized. */
export interface CompiledFleet {
  /** The digest of each host that has a target, by name. */
  readonly digests: () => ReadonlyMap<string, string>;
  /** What a wave has to be committed for. */
  readonly triggersOf: (wave: string) => readonly string[];
}

/** The Terraform resources of a deployment, made as hosts come, and the order between them. */
export class FleetResources {
  private readonly scope: Construct;
  private readonly applier: ApplierSpec;
  private readonly waves: readonly string[];
  private readonly compiled: CompiledFleet;
  private readonly hosts: RegisteredHost[] = [];
  private base: { readonly fleet: AppliedResource; readonly others: readonly string[] } | undefined;
  private readonly commits = new Map<string, WaveResources>();

  constructor(scope: Construct, applier: ApplierSpec, waves: readonly string[], compiled: CompiledFleet) {
    this.scope = scope;
    this.applier = applier;
    this.waves = waves;
    this.compiled = compiled;
  }

  /** Adds a host that has a target. */
  add(entry: RegisteredHost): void {
    this.hosts.push(entry);
    if (!this.commits.has(entry.wave)) this.addWave(entry.wave);
  }

  private addWave(name: string): void {
    this.base ??= this.addBase();
    const { fleet, others } = this.base;
    const resources = waveResources(this.applier, this.scope, {
      name,
      place: this.waves.indexOf(name) + 1,
      fleet,
      digests: () => this.compiled.triggersOf(name),
      // Nothing of ours may complete while a commit runs: Terraform would save a state with a commit that has not ended.
      // Who has left goes before the others are told to do without, and an earlier wave is confirmed first.
      after: () => [...others, ...this.confirmedBefore(name)],
    });
    this.commits.set(name, resources);
  }

  private confirmedBefore(name: string): readonly string[] {
    const earlier = this.waves.slice(0, this.waves.indexOf(name));
    return earlier.flatMap((wave) => this.commits.get(wave)?.confirmed.address ?? []);
  }

  private addBase() {
    const fleet = fleetResource(this.applier, this.scope);
    const roster = rosterResource(this.applier, this.scope, fleet, () => this.hosts);
    const generations = generationsResource(this.applier, this.scope, this.compiled.digests);
    return { fleet, others: [roster.address, generations.address] };
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

/** The digests of the hosts that have a target, by name. */
export function deployedDigests(hosts: readonly CompiledHost[]): ReadonlyMap<string, string> {
  return new Map(
    hosts.flatMap(({ target, resolved, digest }) => (target === undefined ? [] : [[resolved.name, digest]])),
  );
}
