// Writes the data that the Cilium room ships:
// node scripts/cilium-data.mjs <folder with 1.20.0/…> <folder with the HelmChart CRD> [<output folder>]
//
// Input is what the Cilium project publishes (values.yaml, values.schema.json, the CRD manifests) and two compiled tables
// (value paths, feature matrix); output is lib/constructs/cilium/data/*.json, reduced to what checking needs:
// no descriptions, equal sub-schemas stored once, CRD schemas closed (an unknown field is an error, where the API server prunes it).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const VERSION = "1.20.0";
const [fixtures, helmController, output] = process.argv.slice(2);
if (helmController === undefined || !existsSync(join(fixtures, VERSION))) {
  console.error(
    `usage: node scripts/cilium-data.mjs <folder that holds ${VERSION}/> <folder that holds helm.cattle.io_helmcharts.yaml> [<output folder>]`,
  );
  process.exit(2);
}
const source = join(fixtures, VERSION);
const target = output ?? fileURLToPath(new URL("../lib/constructs/cilium/data", import.meta.url));
mkdirSync(target, { recursive: true });

/** The kinds that users write; the others are made by Cilium itself. */
const KINDS = [
  "v2/ciliumnetworkpolicies",
  "v2/ciliumclusterwidenetworkpolicies",
  "v2/ciliumcidrgroups",
  "v2/ciliumloadbalancerippools",
  "v2alpha1/ciliuml2announcementpolicies",
  "v2/ciliumbgpclusterconfigs",
  "v2/ciliumbgppeerconfigs",
  "v2/ciliumbgpadvertisements",
  "v2/ciliumbgpnodeconfigoverrides",
  "v2/ciliumegressgatewaypolicies",
  "v2/ciliumnodeconfigs",
  "v2/ciliumlocalredirectpolicies",
];

const json = (path) => JSON.parse(readFileSync(path, "utf8"));
/** One line for each entry of each table, so that a change shows as what it is. */
const lines = (value, depth) => {
  if (depth === 0 || value === null || typeof value !== "object") return JSON.stringify(value);
  const items = Array.isArray(value)
    ? value.map((item) => lines(item, depth - 1))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${lines(item, depth - 1)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return items.length === 0 ? `${open}${close}` : `${open}\n${items.join(",\n")}\n${close}`;
};
const write = (name, value) => {
  const text = `${lines(value, 2)}\n`;
  writeFileSync(join(target, name), text);
  console.log(`${name}: ${text.length} bytes`);
};

write("crds.json", crds());
write("values-schema.json", valuesSchema());
write("values-defaults.json", parse(readFileSync(join(source, "values.yaml"), "utf8")));
write("values-paths.json", valuePaths());
write("matrix.json", matrix());

// ---------------------------------------------------------------- CRD schemas

function crds() {
  const kinds = {};
  const schemas = {};
  const read = (path) => {
    const crd = parse(readFileSync(path, "utf8"));
    const [version] = crd.spec.versions;
    const { kind, plural } = crd.spec.names;
    kinds[kind] = {
      apiVersion: `${crd.spec.group}/${version.name}`,
      plural,
      namespaced: crd.spec.scope === "Namespaced",
    };
    const schema = close(version.schema.openAPIV3Schema, true);
    delete schema.properties.status;
    schema.properties.metadata = { type: "object" };
    schema.properties.apiVersion = { const: kinds[kind].apiVersion };
    schema.properties.kind = { const: kind };
    schema.required = [...new Set(["apiVersion", "kind", "metadata", ...(schema.required ?? [])])].filter(
      (name) => name !== "status",
    );
    schemas[kind] = schema;
  };
  for (const kind of KINDS) read(join(source, "crds", `${kind}.yaml`));
  read(join(helmController, "helm.cattle.io_helmcharts.yaml"));
  const { roots, definitions } = share(schemas);
  return { version: VERSION, kinds, schemas: roots, definitions };
}

/** What ajv must see: no Kubernetes keywords, RE2's \PC as ECMAScript, objects closed where they list properties. */
function close(schema, closing) {
  if (Array.isArray(schema)) return schema.map((item) => close(item, closing));
  if (schema === null || typeof schema !== "object") return schema;
  const out = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "description" || key === "default" || key.startsWith("x-kubernetes-")) continue;
    if (key === "pattern") out.pattern = linear(value.replaceAll("\\PC", "\\P{C}"));
    else if (key === "properties")
      out.properties = Object.fromEntries(Object.entries(value).map(([name, sub]) => [name, close(sub, closing)]));
    else if (["oneOf", "anyOf", "allOf", "not"].includes(key)) out[key] = close(value, false);
    else if (key === "items" || key === "additionalProperties") out[key] = close(value, closing);
    else out[key] = value;
  }
  const open =
    schema["x-kubernetes-preserve-unknown-fields"] === true || schema["x-kubernetes-embedded-resource"] === true;
  if (closing && !open && out.properties !== undefined && out.additionalProperties === undefined)
    out.additionalProperties = false;
  return out;
}

/**
 * Names are matched by `(X+[.]?)+`. Go's engine takes that in linear time, a backtracking one in exponential time,
 * so that a typo in a long name would hang the synthesis; this is the same language without the ambiguity.
 */
function linear(pattern) {
  return pattern.replace(/^\^\((\[[^\]]+\])\+\[\.\]\?\)\+\$$/, "^$1+([.]$1+)*[.]?$$");
}

/** Stores every sub-schema that occurs twice and is longer than a reference once, under `definitions`. */
function share(roots) {
  const count = new Map();
  const tally = (schema, isSchema) => {
    if (schema === null || typeof schema !== "object") return;
    if (isSchema) {
      const text = JSON.stringify(schema);
      const seen = count.get(text) ?? 0;
      count.set(text, seen + 1);
      if (seen > 0) return;
    }
    children(schema, tally);
  };
  for (const schema of Object.values(roots)) tally(schema, true);
  const names = new Map();
  const definitions = {};
  const rewrite = (schema, isRoot) => {
    const text = JSON.stringify(schema);
    if (!isRoot && count.get(text) > 1 && text.length > 60) {
      if (!names.has(text)) {
        const name = `d${names.size}`;
        names.set(text, name);
        definitions[name] = mapChildren(schema, (child) => rewrite(child, false));
      }
      return { $ref: `cilium#/definitions/${names.get(text)}` };
    }
    return mapChildren(schema, (child) => rewrite(child, false));
  };
  const out = Object.fromEntries(Object.entries(roots).map(([name, schema]) => [name, rewrite(schema, true)]));
  return { roots: out, definitions };
}

function children(schema, visit) {
  for (const sub of Object.values(schema.properties ?? {})) visit(sub, true);
  for (const key of ["items", "additionalProperties", "not"])
    if (schema[key] !== null && typeof schema[key] === "object") visit(schema[key], true);
  for (const key of ["oneOf", "anyOf", "allOf"]) for (const sub of schema[key] ?? []) visit(sub, true);
}

function mapChildren(schema, map) {
  const out = { ...schema };
  if (out.properties !== undefined)
    out.properties = Object.fromEntries(Object.entries(out.properties).map(([name, sub]) => [name, map(sub)]));
  for (const key of ["items", "additionalProperties", "not"])
    if (out[key] !== null && typeof out[key] === "object") out[key] = map(out[key]);
  for (const key of ["oneOf", "anyOf", "allOf"]) if (out[key] !== undefined) out[key] = out[key].map((sub) => map(sub));
  return out;
}

// ---------------------------------------------------------------- Helm values

function valuesSchema() {
  const { roots, definitions } = share({ values: close(json(join(source, "values.schema.json")), false) });
  const local = JSON.parse(JSON.stringify({ ...roots.values, definitions }).replaceAll("cilium#/", "#/"));
  delete local.$schema;
  return local;
}

/** Names under which Kubernetes types are passed through whole, so that any field below is real. */
function passedThrough(name) {
  return [
    "affinity",
    "nodeSelector",
    "resources",
    "securityContext",
    "podSecurityContext",
    "updateStrategy",
    "seLinuxOptions",
  ].includes(name);
}

/** A tree of the real paths; 1 = leaf, 2 = leaf that takes any content, `"*"` in a branch = any content beside the named. */
function valuePaths() {
  const { paths, removedWithFailGuard } = json(join(source, "values-paths.json"));
  const untypedOpen = new Set(["labels", "ipMasqAgent.config", "monitor.resources", "nodeLabels", "logOptions"]);
  const tree = {};
  for (const path of Object.keys(paths).sort()) {
    // The only keys with a dot in them are node labels, which lie below an open nodeSelector.
    if (path.includes("kubernetes.io/os")) continue;
    const names = path.split(".");
    let node = tree;
    for (const name of names.slice(0, -1)) {
      if (typeof node[name] !== "object") node[name] = {};
      node = node[name];
    }
    const last = names.at(-1);
    if (node[last] === undefined) {
      const types = [paths[path].type].flat();
      const open = types.some((type) => ["object", "array", "any", "oneOf"].includes(type)) || untypedOpen.has(path);
      node[last] = open ? 2 : 1;
    }
  }
  const mark = (node) => {
    for (const [name, sub] of Object.entries(node)) {
      if (typeof sub !== "object") continue;
      if (passedThrough(name)) sub["*"] = 1;
      mark(sub);
    }
  };
  mark(tree);
  return { chart: "cilium", version: VERSION, removed: removedWithFailGuard, tree };
}

function matrix() {
  const { kernelModules, drivers, rules } = json(join(source, "feature-matrix.json"));
  // S09 is about the paths of values, not about values: values/paths.ts finds what it speaks of.
  return { kernelModules, drivers, rules: rules.filter(({ id }) => id !== "S09") };
}
