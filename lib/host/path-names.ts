import { createHash } from "node:crypto";
import type { IConstruct } from "constructs";
import { defineProblem } from "../errors";
import type { IHost } from "./host";

const FEATURE_TWICE = defineProblem("NL-FEATURE-TWICE", "A host gets a feature of one construct once");

const HASH_LENGTH = 8;

/**
 * Names, without a slash, of what construct paths stand for in one place. Dashes take the place of slashes; whoever comes
 * second to a name, as `lab/a-b` does after `lab/a/b`, gets a hash of its own path behind it.
 */
export class PathNames {
  private readonly owners = new Map<string, string>();

  /** The name for a path, and for what else tells it from others in this place. The same parts always get the same name. */
  of(...parts: readonly string[]): string {
    const name = this.placeOf(parts);
    this.owners.set(name, JSON.stringify(parts));
    return name;
  }

  /** Whether exactly these parts have a name already. */
  has(...parts: readonly string[]): boolean {
    return this.owners.has(this.placeOf(parts));
  }

  /** The first name that is these parts' own, or nobody's yet. */
  private placeOf(parts: readonly string[]): string {
    const owner = JSON.stringify(parts);
    for (const name of pathNames(...parts)) if ((this.owners.get(name) ?? owner) === owner) return name;
    throw new Error("unreachable: names do not run out");
  }
}

/** The names that these parts may have, from the one that they have unless it is taken. Never ends. */
export function* pathNames(...parts: readonly string[]): Generator<string> {
  const plain = parts.join("-").replaceAll("/", "-");
  yield plain;
  for (let turn = 0; ; turn++) {
    const hash = createHash("sha256").update(JSON.stringify([...parts, turn]), "utf8");
    yield `${plain}-${hash.digest("hex").slice(0, HASH_LENGTH)}`;
  }
}

const FEATURES = new WeakMap<IHost, PathNames>();

/** The id of the feature that `owner` gives a host: once, or once for each of `more`. Throws when the host has it already. */
export function featureId(host: IHost, kind: string, owner: IConstruct, ...more: readonly string[]): string {
  const names = FEATURES.get(host) ?? new PathNames();
  FEATURES.set(host, names);
  const parts = [kind, owner.node.path, ...more];
  if (names.has(...parts)) {
    throw FEATURE_TWICE({
      path: owner.node.path,
      others: [host.node.path],
      what: `host ${host.hostName} has it already`,
      value: [host.hostName, ...more].join(" "),
      allowed: more.length === 0 ? "each host once" : "each port of a host once",
      remedy: "leave one of them out",
    });
  }
  return names.of(...parts);
}
