import type { ErrorObject, ValidateFunction } from "ajv";
import { defineReport, type Problem } from "../../errors";
import { crdData, type JsonSchema, type ValueTree, valuesSchema } from "./data";
import { isCidr, isIpv4 } from "./net-formats";
import { isBranch } from "./values/entries";

export const OBJECT_SCHEMA = defineReport("NL-CILIUM-OBJECT", "The API server and the agents take an object");
const VALUE_TYPE = defineReport("NL-CILIUM-VALUES", "Helm values have the types of the chart's schema");

type AjvModule = typeof import("ajv");
type Ajv = InstanceType<AjvModule["default"]>;

let objects: Ajv | undefined;

/** Checks one object against the closed CRD schema of its kind: an unknown field is a problem, where the API server drops it. */
export function objectSchemaProblems(kind: string, object: unknown): readonly Problem[] {
  const validate = objectValidator(kind);
  return validate(object) ? [] : describe(validate, `${kind} does not fit its schema`, OBJECT_SCHEMA.id);
}

/** Checks Helm values against the chart's schema, which mostly knows the types of values. */
export function valuesSchemaProblems(values: ValueTree): readonly Problem[] {
  const { definitions, ...schema } = valuesSchema();
  // The schema requires nothing and forbids nothing beside types: what no value touches need not be compiled.
  const validate = newAjv().compile({ ...narrowed(schema, values, definitions), definitions });
  return validate(values) ? [] : describe(validate, "a Helm value has the wrong type", VALUE_TYPE.id);
}

/** The part of a schema that can say something about `value`. */
function narrowed(schema: JsonSchema, value: unknown, definitions: JsonSchema): JsonSchema {
  const { $ref, properties } = schema as { readonly $ref?: string; readonly properties?: Record<string, JsonSchema> };
  if ($ref !== undefined) {
    return narrowed(definitions[$ref.slice("#/definitions/".length)] as JsonSchema, value, definitions);
  }
  if (properties === undefined || !isBranch(value)) return schema;
  const used = Object.keys(value).filter((name) => Object.hasOwn(properties, name));
  const parts = used.map((name) => [name, narrowed(properties[name]!, value[name], definitions)] as const);
  return { ...schema, properties: Object.fromEntries(parts) };
}

function objectValidator(kind: string): ValidateFunction {
  const data = crdData();
  if (objects === undefined) {
    objects = newAjv();
    objects.addSchema({ $id: "cilium", definitions: data.definitions });
  }
  const compiled = objects.getSchema(kind);
  if (compiled !== undefined) return compiled;
  return objects.compile({ ...data.schemas[kind], $id: kind });
}

function newAjv(): Ajv {
  const { default: Ajv } = require("ajv") as AjvModule;
  return new Ajv({
    allErrors: true,
    // Errors then carry the value and the schema, for the message.
    verbose: true,
    strictTypes: false,
    strictRequired: false,
    formats: {
      cidr: isCidr,
      ipv4: isIpv4,
      int32: { type: "number", validate: (value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 31 },
      int64: { type: "number", validate: Number.isInteger },
      "idn-hostname": true,
    },
  });
}

function describe(validate: ValidateFunction, what: string, code: string): readonly Problem[] {
  const errors = validate.errors ?? [];
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const error of errors) {
    // The branches of a oneOf each say "required"; the oneOf itself tells the whole.
    if (/\/(?:oneOf|anyOf)\/\d+\//.test(error.schemaPath) && errors.length > 1) continue;
    const where = error.instancePath.replace(/^\//, "").replaceAll("/", ".") || "the object";
    const text = `${where}: ${wording(error)}`;
    if (seen.has(text)) continue;
    seen.add(text);
    problems.push({ code, what: `${what}: ${text}`, ...given(error), allowed: allowed(error) });
  }
  return problems.length > 0 ? problems : [{ code, what }];
}

function wording(error: ErrorObject): string {
  if (error.keyword === "additionalProperties") {
    return `unknown field ${JSON.stringify((error.params as { additionalProperty: string }).additionalProperty)}`;
  }
  if (error.keyword === "oneOf") return "exactly one of the alternatives must be given";
  return error.message ?? error.keyword;
}

/** The value at fault, where it is short enough to be one. */
function given({ keyword, data }: ErrorObject): Pick<Problem, "value"> {
  const isScalar = typeof data === "string" || typeof data === "number" || typeof data === "boolean";
  return isScalar && keyword !== "oneOf" ? { value: data } : {};
}

function allowed(error: ErrorObject): string | undefined {
  const { properties } = (error.parentSchema ?? {}) as { readonly properties?: Readonly<Record<string, unknown>> };
  if (error.keyword === "type" && properties !== undefined) return `{ ${Object.keys(properties).sort().join(", ")} }`;
  if (error.keyword === "enum") return (error.params as { allowedValues: unknown[] }).allowedValues.join(", ");
  return undefined;
}
