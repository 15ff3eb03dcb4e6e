import type { Problem } from "../errors";
import { type Combine, SettingMap } from "./merge";
import type { Provenance, Setting } from "./reason";

/** What is special about a fact. */
export interface FactProps<T> {
  /** How different values of equal priority for one key are merged. @default - they are a conflict */
  readonly combine?: Combine<T>;
  /** What `settings.json` shows of a value, besides its key. @default - all of it */
  readonly show?: (value: T) => unknown;
}

/** A kind of fact about hosts. Features state facts, rules ask for them; nothing is written to a host from one. */
export interface Fact<T> extends FactProps<T> {
  /** Name under which facts of this kind are kept and shown. */
  readonly name: string;
}

/**
 * Defines a kind of fact. Values are plain data: they are compared, and shown in `settings.json`, as JSON. Two copies of
 * a package mean the same fact by the same name, so names begin with that of the package: `acme/rack`.
 */
export function defineFact<T>(name: string, props: FactProps<T> = {}): Fact<T> {
  return { ...props, name };
}

/** The facts about one host, merged. */
export interface StatedFacts {
  /** The facts of one kind, by key, each with who stated it and why. */
  facts<T>(fact: Fact<T>): readonly Setting<T>[];
  /** The kinds of which there are any, by name. */
  readonly stated: readonly Fact<unknown>[];
}

/** Collects the facts that all features of one host state. */
export class FactStore {
  private readonly kinds = new Map<string, readonly [Fact<unknown>, SettingMap<unknown>]>();

  add<T>(fact: Fact<T>, key: string, value: T, provenance: Provenance): void {
    const { name, combine } = fact as Fact<unknown>;
    if (!this.kinds.has(name))
      this.kinds.set(name, [fact as Fact<unknown>, new SettingMap(`the fact ${name} of`, () => combine)]);
    this.kinds.get(name)![1].add(key, value, provenance);
  }

  /** The facts that won; conflicts are added to `problems`. */
  resolve(problems: Problem[]): StatedFacts {
    const kinds = [...this.kinds.values()].sort(([a], [b]) => (a.name < b.name ? -1 : 1));
    const merged = new Map(kinds.map(([{ name }, settings]) => [name, settings.resolve(problems)]));
    return {
      facts: <T>({ name }: Fact<T>) => (merged.get(name) ?? []) as readonly Setting<T>[],
      stated: kinds.map(([fact]) => fact),
    };
  }
}
