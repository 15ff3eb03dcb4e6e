import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { crdData, type JsonSchema } from "../../../lib/constructs/cilium/data";

/** The interface that stands for the `spec` of each kind. */
const SPEC_TYPES: Readonly<Record<string, string>> = {
  CiliumNetworkPolicy: "CiliumPolicyRule",
  CiliumClusterwideNetworkPolicy: "CiliumPolicyRule",
  CiliumCIDRGroup: "CidrGroupSpec",
  CiliumLoadBalancerIPPool: "LoadBalancerIpPoolSpec",
  CiliumL2AnnouncementPolicy: "L2AnnouncementPolicySpec",
  CiliumBGPClusterConfig: "BgpClusterConfigSpec",
  CiliumBGPPeerConfig: "BgpPeerConfigSpec",
  CiliumBGPAdvertisement: "BgpAdvertisementSpec",
  CiliumBGPNodeConfigOverride: "BgpNodeConfigOverrideSpec",
  CiliumEgressGatewayPolicy: "EgressGatewayPolicySpec",
  CiliumNodeConfig: "NodeConfigSpec",
  CiliumLocalRedirectPolicy: "LocalRedirectPolicySpec",
};

const INDEX = join(__dirname, "../../../lib/constructs/cilium/objects/index.ts");
const program = ts.createProgram([INDEX], {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  skipLibCheck: true,
  noEmit: true,
  types: [],
});
const checker = program.getTypeChecker();
const exported = new Map(
  checker
    .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(INDEX)!)!)
    .map((symbol) => [symbol.name, symbol]),
);

/** Every field with its requiredness and enumeration, as lines; the same for types and for schemas. */
function linesOfType(type: ts.Type, path: string, lines: string[]): void {
  const bare = checker.getNonNullableType(type);
  if (bare.isUnion() && bare.types.every((one) => one.isStringLiteral())) {
    lines.push(
      `${path} = ${bare.types
        .map((one) => (one as ts.StringLiteralType).value)
        .sort()
        .join("|")}`,
    );
    return;
  }
  if (bare.isStringLiteral()) {
    lines.push(`${path} = ${bare.value}`);
    return;
  }
  if (!(bare.flags & ts.TypeFlags.Object)) return;
  const element = checker.getIndexTypeOfType(bare, ts.IndexKind.Number);
  if (element !== undefined) {
    linesOfType(element, `${path}[]`, lines);
    return;
  }
  for (const property of checker.getPropertiesOfType(bare)) {
    const optional = Boolean(property.flags & ts.SymbolFlags.Optional);
    lines.push(`${path}.${property.name}${optional ? "?" : ""}`);
    linesOfType(checker.getTypeOfSymbol(property), `${path}.${property.name}`, lines);
  }
}

type Schema = JsonSchema & {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly string[];
};

function linesOfSchema(schema: Schema, path: string, lines: string[]): void {
  if (schema.$ref !== undefined) {
    linesOfSchema(definition(schema.$ref), path, lines);
    return;
  }
  if (schema.items !== undefined) {
    linesOfSchema(schema.items, `${path}[]`, lines);
    return;
  }
  if (schema.enum !== undefined) {
    lines.push(`${path} = ${[...schema.enum].sort().join("|")}`);
    return;
  }
  for (const [name, sub] of Object.entries(schema.properties ?? {})) {
    lines.push(`${path}.${name}${schema.required?.includes(name) ? "" : "?"}`);
    linesOfSchema(sub, `${path}.${name}`, lines);
  }
}

function definition(ref: string): Schema {
  return (crdData().definitions as Record<string, Schema>)[ref.slice(ref.lastIndexOf("/") + 1)]!;
}

describe("the types of objects", () => {
  it("cover every kind that is shipped", () => {
    expect(Object.keys(SPEC_TYPES).sort()).toEqual(
      Object.keys(crdData().kinds)
        .filter((kind) => kind !== "HelmChart")
        .sort(),
    );
  });

  for (const [kind, name] of Object.entries(SPEC_TYPES)) {
    it(`${name} has exactly the fields, requirements and enumerations of ${kind}`, () => {
      const fromType: string[] = [];
      linesOfType(checker.getDeclaredTypeOfSymbol(resolve(exported.get(name)!)), "spec", fromType);
      const fromSchema: string[] = [];
      const root = crdData().schemas[kind] as Schema;
      linesOfSchema(root.properties!["spec"]!, "spec", fromSchema);
      expect(fromSchema.length).toBeGreaterThan(0);
      expect(fromType.sort()).toEqual(fromSchema.sort());
    });
  }
});

function resolve(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
