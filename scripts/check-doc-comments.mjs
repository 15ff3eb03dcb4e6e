// Every symbol that users can import has a doc comment, and so has every property and method of it: of interfaces and
// classes, of `{ … }` types at any depth, of what functions return, and of namespaces such as `const Routing = { … }`.
// Optional properties say their @default. A member may have its comment from what it overrides. Exit status 1 with a list
// otherwise.
// Arguments name other entry files than those of the package; all of it must lie in a directory `lib`.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import ts from "typescript";

const GIVEN = process.argv.slice(2);
const ENTRIES = GIVEN.length > 0 ? GIVEN : JSON.parse(readFileSync("typedoc.json", "utf8")).entryPoints;

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
const program = ts.createProgram(ENTRIES, { ...options, noEmit: true });
const checker = program.getTypeChecker();

/**
 * The only fields that may go without a comment: those of Cilium's own objects, which carry their upstream names and
 * meanings. Their interface says with `@see` where upstream explains them; a copy here would be wrong after a release.
 */
const UPSTREAM = /[/\\]constructs[/\\]cilium[/\\]objects[/\\][^/\\]+-types\.ts$/;

/** Problems by place, so that what two entries export is reported once. */
const problems = new Map();

function report(node, what) {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  const place = `${relative(process.cwd(), file.fileName)}:${line + 1}`;
  problems.set(`${place} ${what}`, { place, what });
}

const isOurs = (node) =>
  /(^|[/\\])lib[/\\]/.test(node.getSourceFile().fileName) && !node.getSourceFile().fileName.includes("node_modules");
const hasComment = (symbol) => symbol.getDocumentationComment(checker).length > 0 || isInternal(symbol);
const isInternal = (symbol) => symbol.getJsDocTags(checker).some((tag) => tag.name === "internal");

const isHidden = (node) =>
  (ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0 ||
  (node.name !== undefined && ts.isPrivateIdentifier(node.name));

const exportsOf = (entry) => {
  const source = program.getSourceFile(entry);
  if (source === undefined) throw new Error(`${entry} is not there`);
  return checker.getExportsOfModule(checker.getSymbolAtLocation(source));
};
const EXPORTS = ENTRIES.flatMap(exportsOf);
const aliased = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
const EXPORTED = new Set(EXPORTS.map(aliased));

/** `export * as name` is documented where it is exported. */
const exportHasComment = (symbol) =>
  (symbol.declarations ?? []).some(
    (node) => ts.isNamespaceExport(node) && ts.getJSDocCommentsAndTags(node.parent).length > 0,
  );

/** Members that were checked, so that several types may share them. */
const seen = new Set();

function isDocumentedUpstream(member) {
  if (!UPSTREAM.test(member.getSourceFile().fileName)) return false;
  const owner = ts.findAncestor(member, (node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node));
  return owner !== undefined && ts.getJSDocTags(owner).some((tag) => tag.tagName.text === "see");
}

const isNested = (member) => ts.isTypeLiteralNode(member.parent);

function checkExport(exported) {
  const symbol = aliased(exported);
  const declarations = (symbol.declarations ?? []).filter(isOurs);
  if (declarations.length === 0) return;
  if (!hasComment(symbol) && !exportHasComment(exported))
    report(declarations[0], `${exported.name} has no doc comment`);
  if (declarations.some(ts.isSourceFile)) {
    for (const inner of checker.getExportsOfModule(symbol)) checkExport(inner);
  }
  if (symbol.flags & ts.SymbolFlags.Type) checkType(exported.name, checker.getDeclaredTypeOfSymbol(symbol));
  if (symbol.flags & ts.SymbolFlags.Class) checkType(exported.name, checker.getTypeOfSymbol(symbol));
  for (const { type } of declarations.filter(ts.isTypeAliasDeclaration)) visitTypeLiterals(exported.name, type);
  for (const { type } of declarations.filter(ts.isFunctionDeclaration)) visitTypeLiterals(exported.name, type);
  for (const variable of declarations.filter(ts.isVariableDeclaration)) checkNamespace(exported.name, variable);
}

/** What a union is made of is public only where it can be named or stands in the union itself. */
const isReachable = ({ symbol }) =>
  symbol === undefined || !(symbol.flags & ts.SymbolFlags.Interface) || EXPORTED.has(symbol);

/** All properties of a type, also those that it has from types which are not exported themselves. */
function checkType(owner, type) {
  if (type.isUnion()) for (const one of type.types.filter(isReachable)) checkType(owner, one);
  else if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) {
    for (const { declarations } of type.getProperties()) {
      for (const declaration of (declarations ?? []).filter(isOurs)) checkMember(owner, declaration);
    }
  }
}

/** The members of `const Namespace = { … }`, also of namespaces within it. A table says what it holds by its type. */
function checkNamespace(owner, declaration) {
  if (declaration?.type === undefined) checkLiteral(owner, declaration?.initializer);
}

function checkLiteral(owner, node) {
  if (node === undefined) return;
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return checkLiteral(owner, node.expression);
  if (ts.isIdentifier(node)) return checkNamespace(owner, checker.getSymbolAtLocation(node)?.valueDeclaration);
  if (ts.isObjectLiteralExpression(node)) for (const member of node.properties) checkMember(owner, member);
}

function checkMember(owner, member) {
  if (member.name === undefined || seen.has(member) || isHidden(member)) return;
  seen.add(member);
  const symbol = checker.getSymbolAtLocation(member.name);
  if (symbol === undefined || isInternal(symbol)) return;
  const name = `${owner}.${symbol.name}`;
  if (!hasComment(symbol) && !isDocumentedUpstream(member)) report(member, `${name} has no doc comment`);
  if (ts.isPropertyAssignment(member)) checkLiteral(name, member.initializer);
  if (ts.isShorthandPropertyAssignment(member))
    checkNamespace(name, checker.getShorthandAssignmentValueSymbol(member)?.valueDeclaration);
  if (ts.isMethodDeclaration(member) || ts.isMethodSignature(member)) visitTypeLiterals(name, member.type);
  if (!ts.isPropertySignature(member)) return;
  const saysDefault = symbol.getJsDocTags(checker).some((tag) => tag.name === "default");
  if (member.questionToken !== undefined && !saysDefault && !(isNested(member) && isDocumentedUpstream(member)))
    report(member, `${name} is optional and says no @default`);
  visitTypeLiterals(name, member.type);
}

/** Properties of `{ … }` types within the type of a property. */
function visitTypeLiterals(owner, node) {
  if (node === undefined) return;
  if (ts.isTypeLiteralNode(node)) for (const member of node.members) checkMember(owner, member);
  else ts.forEachChild(node, (child) => visitTypeLiterals(owner, child));
}

for (const exported of EXPORTS) checkExport(exported);

const sorted = [...problems.values()].sort((a, b) => a.place.localeCompare(b.place, "en", { numeric: true }));
for (const { place, what } of sorted) console.error(`${place}: ${what}`);
if (sorted.length > 0) {
  console.error(`doc comments: ${sorted.length} are missing`);
  process.exit(1);
}
