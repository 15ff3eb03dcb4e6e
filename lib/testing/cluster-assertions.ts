import { includes, type Judgement, nearLines, settle, show } from "./assertion";
import { pathNames } from "../host";
import { subjectOf } from "./subject";
import type { SynthResult } from "./synth";

/**
 * Assertions about one Cilium cluster, as its Helm values and manifests say it.
 *
 * @param path construct path of the cluster, e.g. `lab/k8s`.
 * @example expectCluster(synthToFiles(stack), "lab/k8s").toHaveValue("routingMode", "native");
 */
export function expectCluster(result: SynthResult, path: string): ClusterAssertions {
  const stack = path.split("/")[0] ?? "";
  const folders = [...result.files.keys()].flatMap((file) => /^([^/]+)\/values\.yaml$/.exec(file)?.[1] ?? []);
  const known = new Map(folders.map((folder) => [`${stack}/${folder}`, folder]));
  // The second name exists only if another cluster has the first one.
  const [plain, own] = firstTwo(pathNames(path.split("/").slice(1).join("/")));
  const folder = subjectOf(result, "cluster", `${stack}/${folders.includes(own) ? own : plain}`, known);
  return new ClusterAssertions(path, clusterOf(result, folder), false);
}

function firstTwo(names: Iterator<string>): readonly [string, string] {
  return [names.next().value, names.next().value];
}

interface Manifest {
  readonly kind: string;
  readonly name: string;
  readonly content: unknown;
}

interface Cluster {
  readonly values: unknown;
  readonly manifests: readonly Manifest[];
}

function clusterOf(result: SynthResult, folder: string): Cluster {
  // Loaded here, so that tests of stacks without clusters do not pay for it.
  const { parse, parseAllDocuments }: typeof import("yaml") = require("yaml");
  const manifests = [...result.files].filter(([path]) => path.startsWith(`${folder}/manifests/`));
  return {
    values: parse(result.files.get(`${folder}/values.yaml`) ?? ""),
    manifests: manifests
      .flatMap(([, text]) => parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>))
      .map((content) => ({
        kind: String(content["kind"]),
        name: String((content["metadata"] as { readonly name?: string } | undefined)?.name),
        content,
      })),
  };
}

/** What can be asserted about a cluster. Every assertion throws an `AssertionError` of `node:assert`. */
export class ClusterAssertions {
  private readonly path: string;
  private readonly cluster: Cluster;
  private readonly negated: boolean;

  /** @internal use {@link expectCluster} */
  constructor(path: string, cluster: Cluster, negated: boolean) {
    this.path = path;
    this.cluster = cluster;
    this.negated = negated;
  }

  /** The same assertions, negated. */
  get not(): ClusterAssertions {
    return new ClusterAssertions(this.path, this.cluster, !this.negated);
  }

  /** A Helm value is set, by its path with dots; to `value` where one is given, of records only what is named. */
  toHaveValue(path: string, value?: unknown): void {
    const found = path
      .split(".")
      .reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), this.cluster.values);
    this.settle(this.toHaveValue, {
      pass: found !== undefined && (value === undefined || includes(found, value)),
      claim: `has the Helm value ${path}`,
      wanted: value,
      found,
      near: found === undefined ? nearLines(path, leaves(this.cluster.values), ([key]) => key, leafLine) : [],
    });
  }

  /** An object is among the manifests; with these properties, others are not looked at. */
  toHaveManifest(kind: string, name: string, properties?: object): void {
    const { manifests } = this.cluster;
    const found = manifests.find((manifest) => manifest.kind === kind && manifest.name === name);
    const label = (manifest: Manifest) => `${manifest.kind} ${manifest.name}`;
    this.settle(this.toHaveManifest, {
      pass: found !== undefined && (properties === undefined || includes(found.content, properties)),
      claim: `has the manifest ${kind} ${name}`,
      wanted: properties,
      found: found?.content,
      near: found === undefined ? nearLines(`${kind} ${name}`, manifests, label, label) : [],
    });
  }

  private settle(caller: (...args: never[]) => void, judgement: Judgement): void {
    settle(`cluster ${this.path}`, judgement, this.negated, caller);
  }
}

type Leaf = readonly [path: string, value: unknown];

function leafLine([path, value]: Leaf): string {
  return `${path} = ${show(value)}`;
}

/** All values that are no records, by their paths. */
function leaves(value: unknown, path: readonly string[] = []): readonly Leaf[] {
  if (!isRecord(value)) return [[path.join("."), value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
