import { defineReport, type Problem } from "../../../errors";
import { type PathTree, pathData, type ValueTree } from "../data";
import { isBranch } from "./entries";

const UNKNOWN_VALUE = defineReport("NL-CILIUM-S09", "Every value stands at a path that the chart defines or reads", {
  why: "Helm accepts any other value, and nothing reads it",
  source: "Cilium 1.20.0, values.yaml and the chart's templates; values.schema.json has no additionalProperties: false",
  remedy: "a path that the chart reads; allowUnknownPaths lets one through on purpose",
});

/** A path that the chart neither defines nor reads; Helm would take it without a word and ignore it. */
export interface UnknownPath {
  readonly path: string;
  /** The nearest real path. */
  readonly suggestion: string;
  /** True when the chart had the path once and now refuses it. */
  readonly removed: boolean;
}

/** Finds every path in `values` that the chart does not know. */
export function unknownPaths(values: ValueTree): readonly UnknownPath[] {
  const { tree, removed } = pathData();
  const found: UnknownPath[] = [];
  const walk = (node: ValueTree, known: PathTree, path: string): void => {
    for (const [name, value] of Object.entries(node)) {
      if (value === undefined) continue;
      const full = path === "" ? name : `${path}.${name}`;
      const next = Object.hasOwn(known, name) && name !== "*" ? known[name] : undefined;
      if (next === undefined) {
        if (known["*"] === undefined) found.push(unknown(full, removed));
      } else if (isBranch(value) && typeof next === "object") walk(value, next, full);
      else if (isBranch(value) && next === 1 && Object.keys(value).length > 0)
        found.push(unknown(`${full}.${Object.keys(value)[0]}`, removed));
    }
  };
  walk(values, tree, "");
  return found;
}

/** Problems for unknown paths, except those that are let through by name (or by the name of a branch above). */
export function pathProblems(values: ValueTree, allowed: readonly string[] = []): readonly Problem[] {
  return unknownPaths(values)
    .filter(({ path }) => !allowed.some((name) => path === name || path.startsWith(`${name}.`)))
    .map(({ path, suggestion, removed }) => ({
      code: UNKNOWN_VALUE.id,
      what: removed
        ? "the chart refuses this value: it was removed"
        : "the chart does not know this value: Helm would take it and ignore it",
      value: path,
      allowed: `the nearest real path is ${suggestion}`,
      remedy: `${suggestion}, or allowUnknownPaths: [${JSON.stringify(path)}] if a newer chart knows it`,
    }));
}

function unknown(path: string, removed: readonly string[]): UnknownPath {
  return { path, suggestion: RENAMED[path] ?? nearestPath(path), removed: removed.includes(path) };
}

/** Names that guides still show, and what became of them. Source: Cilium upgrade notes. */
const RENAMED: Readonly<Record<string, string>> = {
  tunnel: "routingMode",
  bgp: "bgpControlPlane",
  tunnelMTU: "MTU",
  mtu: "MTU",
  "bpf.policyEnforcement": "policyEnforcementMode",
  policyEnforcement: "policyEnforcementMode",
  "encryption.strictMode.enabled": "encryption.strictMode.egress.enabled",
  "encryption.strictMode.cidr": "encryption.strictMode.egress.cidr",
};

/** The real path with the smallest edit distance; a different order of words costs little. */
export function nearestPath(path: string): string {
  const wanted = path.toLowerCase();
  let best = "";
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of allPaths()) {
    const distance = Math.min(
      editDistance(wanted, candidate.toLowerCase(), bestDistance),
      // The right name in the wrong place is nearer than a wrong name in the right place.
      lastName(candidate) === lastName(path) ? 3 + Math.abs(depth(candidate) - depth(path)) : bestDistance,
    );
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

function allPaths(): readonly string[] {
  const paths: string[] = [];
  const walk = (tree: PathTree, path: string): void => {
    for (const [name, next] of Object.entries(tree)) {
      if (name === "*") continue;
      const full = path === "" ? name : `${path}.${name}`;
      paths.push(full);
      if (typeof next === "object") walk(next, full);
    }
  };
  walk(pathData().tree, "");
  return paths.sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
}

const depth = (path: string): number => path.split(".").length;
const lastName = (path: string): string => path.slice(path.lastIndexOf(".") + 1).toLowerCase();

/** Levenshtein distance, or `limit` once it is reached. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, row[j]! + 1, next[j - 1]! + 1));
    }
    if (Math.min(...next) >= limit) return limit;
    row = next;
  }
  return row[b.length]!;
}
