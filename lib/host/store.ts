import type { Problem } from "../errors";
import type { CheckPhase } from "../contract";
import type { CheckSpec } from "./check";
import { FactStore } from "./facts";
import type { IHost } from "./host";
import { KINDS, type Kind, type ResolvedSettings } from "./kinds";
import { SettingMap } from "./merge";
import type { Provenance } from "./reason";
import type { Check, ResolvedHost } from "./resolved";

type AnyKind = Kind<never, unknown>;

/** Collects what all features of one host contribute, and merges it once. */
export class SettingsStore {
  readonly facts = new FactStore();
  private readonly settings: ReadonlyMap<AnyKind, readonly [list: string, SettingMap<unknown>]>;
  private readonly checks = new Map<string, Check>();
  private readonly notes: (Provenance & { text: string })[] = [];

  constructor(kinds: Readonly<Record<string, AnyKind>> = KINDS) {
    this.settings = new Map(
      Object.entries(kinds).map(([list, kind]) => [
        kind,
        [list, new SettingMap(kind.noun, (key) => kind.combine?.(key))],
      ]),
    );
  }

  add<A extends readonly unknown[], V>(kind: Kind<A, V>, key: string, value: V, provenance: Provenance): void {
    this.settings.get(kind)![1].add(key, value, provenance);
  }

  /** The same check asked for twice is made once, in the name of who comes first by path. */
  addCheck(check: CheckSpec, provenance: Provenance): void {
    const key = [check.kind, check.phase, ...check.args].join("\0"); // arguments hold no NUL
    const other = this.checks.get(key);
    if (other !== undefined && rankOf(provenance) >= rankOf(other)) return;
    const { kind, phase, args } = check;
    const { origin, because, source, priority } = provenance;
    this.checks.set(key, { kind, phase, args, origin, because, source, priority });
  }

  addNote(text: string, provenance: Provenance): void {
    this.notes.push({ ...provenance, text });
  }

  /** The merged record of `host`; conflicts are added to `problems`. */
  resolve(host: IHost, problems: Problem[]): ResolvedHost {
    const settings = [...this.settings.values()].map(([list, map]) => [list, map.resolve(problems)]);
    return {
      name: host.hostName,
      path: host.node.path,
      platform: host.platform,
      policy: host.policy,
      machineType: host.machineType?.id,
      kernel: host.kernel,
      managementAddress: host.managementAddress,
      interfaces: host.interfaces,
      ...(Object.fromEntries(settings) as ResolvedSettings),
      ...this.facts.resolve(problems),
      checks: sortedBy(this.checks.values(), (c) => `${PHASES.indexOf(c.phase)} ${rankOf(c)} ${c.kind} ${c.args}`),
      notes: sortedBy(this.notes, (note) => `${note.origin} ${note.text} ${rankOf(note)}`),
    };
  }
}

/** What the host can answer alone comes first. */
const PHASES: readonly CheckPhase[] = ["local", "pair", "benchmark"];

function rankOf({ origin, because, source, priority }: Provenance): string {
  return JSON.stringify([origin, because, source, priority]);
}

/** Sorted by a key, so that output does not depend on the order of lines in the program. */
function sortedBy<T>(items: Iterable<T>, keyOf: (item: T) => string): readonly T[] {
  return [...items]
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ item }) => item);
}
