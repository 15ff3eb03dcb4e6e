import type { CreateNodeOptions, DocumentOptions, Scalar, ScalarTag, SchemaOptions, ToStringOptions } from "yaml";
import { defineProblem } from "../../errors";

const YAML = defineProblem("NL-CILIUM-YAML", "What is written as YAML is plain data");

type Yaml = typeof import("yaml");

/** Strings that no YAML 1.1 or 1.2 parser takes for anything but a string: a letter first, no key or comment mark inside. */
const PLAIN = /^[A-Za-z][\w./@=+,;%()-]*(?:[: ][\w./@=+,;%()-]+)*$/;
/** IPv4 prefixes and sizes with a slash; the slash keeps them from being numbers. */
const PREFIX = /^\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}$/;
/** Words that some YAML 1.1 parser turns into booleans, null or a number without mantissa. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|e[-+]?\d+)$/i;
/** Line breaks and control characters that YAML 1.1 treats differently from JSON, so that they are escaped. */
const ESCAPED = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
/** A text of several lines that a block scalar can carry without indentation indicator or escape. */
const BLOCK = /^(?!\s)(?:[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff])+\n$/;

/**
 * Prints plain data as one YAML document that means the same under YAML 1.1 (what Kubernetes and Helm read) and 1.2.
 * Keys keep their order. `comments` puts a comment above the entry at a path (names joined with a dot).
 * Throws on values that JSON cannot carry.
 */
export function printYaml(value: unknown, comments?: ReadonlyMap<string, string>): string {
  const yaml = require("yaml") as Yaml;
  assertPlain(value, "");
  const options: DocumentOptions & SchemaOptions & CreateNodeOptions = {
    version: "1.1",
    compat: "yaml-1.1",
    aliasDuplicateObjects: false,
    customTags: withSafeStrings,
  };
  const document = new yaml.Document(value, options);
  for (const [path, comment] of comments ?? []) commentOn(yaml, document, path.split("."), comment);
  return document.toString(PRINT);
}

/** Prints several documents, each after a `---` line. */
export function printYamlDocuments(values: readonly unknown[]): string {
  return values.map((value) => `---\n${printYaml(value)}`).join("");
}

const PRINT: ToStringOptions = { lineWidth: 0, flowCollectionPadding: false, indentSeq: false };

const SAFE_STRING: ScalarTag = {
  identify: (value) => typeof value === "string",
  default: true,
  tag: "tag:yaml.org,2002:str",
  resolve: (text) => text,
  stringify: (item, context) => {
    const text = (item as Scalar<string>).value;
    if (isPlain(text)) return text;
    if (context.implicitKey !== true && BLOCK.test(text) && !/[ \t]\n/.test(text) && !text.endsWith("\n\n")) {
      return `|\n${text.slice(0, -1).replace(/^(?=.)/gm, context.indent || "  ")}`;
    }
    return quoted(text);
  },
};

function withSafeStrings(tags: readonly unknown[]): ScalarTag[] {
  const replaced = [SAFE_STRING.tag, "tag:yaml.org,2002:merge"];
  return [SAFE_STRING, ...(tags as ScalarTag[]).filter((tag) => !replaced.includes(tag.tag))];
}

function isPlain(text: string): boolean {
  return (PLAIN.test(text) && !RESERVED.test(text)) || PREFIX.test(text);
}

/** JSON's escapes are YAML's; only the line breaks and marks of YAML 1.1 must be added. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function commentOn(yaml: Yaml, document: { contents: unknown }, path: readonly string[], comment: string): void {
  let node: unknown = document.contents;
  for (const [depth, name] of path.entries()) {
    if (!yaml.isMap(node)) return;
    const pair = node.items.find((item) => yaml.isScalar(item.key) && item.key.value === name);
    if (pair === undefined) return;
    if (depth === path.length - 1 && yaml.isScalar(pair.key)) pair.key.commentBefore = ` ${comment}`;
    node = pair.value;
  }
}

function assertPlain(value: unknown, path: string): void {
  if (value === null || typeof value === "boolean") return;
  if (typeof value === "string") {
    if (LONE_SURROGATE.test(value)) refuse(path, "half of a surrogate pair, which no file can hold");
    return;
  }
  if (typeof value === "number") {
    // YAML 1.1 wants a dot before an exponent; such numbers do not occur in Kubernetes objects.
    if (!Number.isFinite(value) || /e/.test(String(value))) refuse(path, "a number that YAML 1.1 cannot carry");
    return;
  }
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) assertPlain(item, `${path}[${i}]`);
    return;
  }
  if (typeof value === "object") {
    for (const [name, item] of Object.entries(value)) {
      if (LONE_SURROGATE.test(name)) refuse(path, "half of a surrogate pair, which no file can hold");
      if (item !== undefined) assertPlain(item, path === "" ? name : `${path}.${name}`);
    }
    return;
  }
  refuse(path, `a ${typeof value}`);
}

function refuse(path: string, what: string): never {
  throw YAML({
    what: `${path || "the document"} is ${what}`,
    allowed: "strings, finite numbers, booleans, null, lists and records",
  });
}
