import type crds from "./data/crds.json";
import type matrix from "./data/matrix.json";
import type defaults from "./data/values-defaults.json";
import type paths from "./data/values-paths.json";
import type schema from "./data/values-schema.json";

/** A JSON Schema as data; only ajv looks inside. */
export type JsonSchema = { readonly [key: string]: unknown };

export interface CrdData {
  /** Cilium version the schemas belong to. */
  readonly version: string;
  readonly kinds: Readonly<Record<string, KindData>>;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  readonly definitions: JsonSchema;
}

export interface KindData {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** 1 = leaf, 2 = leaf that takes any content; in a branch the name `*` stands for any content beside the named. */
export type PathTree = { readonly [name: string]: PathTree | 1 | 2 };

export interface PathData {
  readonly chart: string;
  readonly version: string;
  /** Paths that the chart rejects because they were removed. */
  readonly removed: readonly string[];
  readonly tree: PathTree;
}

export interface DriverData {
  readonly nic: string;
  /** Kernel since which the driver has native XDP; null = never. */
  readonly xdp: string | null;
  /** Largest MTU at which the driver loads a program without multi-buffer support. */
  readonly xdpMaxMtu?: number | null;
  readonly xdpFrags?: boolean;
  readonly bigTcp?: boolean;
}

/** One condition of the feature matrix: `[path, operator, operand]`, or `["any" | "all", [conditions]]`. */
export type Condition = readonly [string, string, unknown] | readonly ["any" | "all" | (string & {}), unknown];

export interface RuleData {
  readonly id: string;
  readonly effect: string;
  readonly when: readonly Condition[];
  readonly need: readonly Condition[];
  readonly message: string;
  readonly source: string;
}

export interface MatrixData {
  readonly drivers: Readonly<Record<string, DriverData>>;
  readonly kernelModules: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly RuleData[];
}

/** Helm values as plain data. */
export type ValueTree = { readonly [name: string]: unknown };

// Loaded on first use: a stack without Cilium must not pay for 170 KB of JSON. The types name the files to the
// compiler, which therefore copies them into the package.

export function crdData(): CrdData {
  return require("./data/crds.json") as typeof crds as unknown as CrdData;
}

export function pathData(): PathData {
  return require("./data/values-paths.json") as typeof paths as unknown as PathData;
}

export function valuesSchema(): JsonSchema & { readonly properties: JsonSchema; readonly definitions: JsonSchema } {
  return require("./data/values-schema.json") as typeof schema as unknown as ReturnType<typeof valuesSchema>;
}

export function valuesDefaults(): ValueTree {
  return require("./data/values-defaults.json") as typeof defaults as unknown as ValueTree;
}

export function matrixData(): MatrixData {
  return require("./data/matrix.json") as typeof matrix as unknown as MatrixData;
}
