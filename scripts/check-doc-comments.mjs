// Every symbol that users can import has a doc comment, every optional property says its @default, and methods of
// exported classes override documented ones or have a comment of their own. Exit status 1 with a list otherwise.
import { relative } from "node:path";
import ts from "typescript";

const ENTRIES = ["lib/index.ts", "lib/testing/index.ts", "lib/nix-ts-builder/index.ts"];

const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
const program = ts.createProgram(ENTRIES, { ...options, noEmit: true });
const checker = program.getTypeChecker();

/** Problems by place, so that what two entries export is reported once. */
const problems = new Map();

function report(node, what) {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  const place = `${relative(process.cwd(), file.fileName)}:${line + 1}`;
  problems.set(`${place} ${what}`, { place, what });
}

const isOurs = (node) =>
  /[/\\]lib[/\\]/.test(node.getSourceFile().fileName) && !node.getSourceFile().fileName.includes("node_modules");
const hasComment = (symbol) => symbol.getDocumentationComment(checker).length > 0 || isInternal(symbol);
const isInternal = (symbol) => symbol.getJsDocTags(checker).some((tag) => tag.name === "internal");
/** Their names say all there is to say. */
const SELF_EXPLAINING = new Set(["equals", "toString", "toJSON"]);

const isHidden = (node) =>
  (ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0 ||
  (node.name !== undefined && ts.isPrivateIdentifier(node.name));

/** `export * as name` is documented where it is exported. */
const exportHasComment = (symbol) =>
  (symbol.declarations ?? []).some(
    (node) => ts.isNamespaceExport(node) && ts.getJSDocCommentsAndTags(node.parent).length > 0,
  );

function checkExport(exported) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declarations = (symbol.declarations ?? []).filter(isOurs);
  if (declarations.length === 0) return;
  if (!hasComment(symbol) && !exportHasComment(exported))
    report(declarations[0], `${exported.name} has no doc comment`);
  for (const declaration of declarations) checkMembers(exported.name, declaration);
}

function checkMembers(owner, declaration) {
  if (ts.isTypeAliasDeclaration(declaration)) return visitTypeLiterals(owner, declaration.type);
  if (!ts.isInterfaceDeclaration(declaration) && !ts.isClassDeclaration(declaration)) return;
  for (const member of declaration.members) checkMember(owner, member);
}

/** Properties of `{ … }` types, which discriminated unions are made of. */
function visitTypeLiterals(owner, node) {
  if (ts.isTypeLiteralNode(node)) for (const member of node.members) checkMember(owner, member);
  ts.forEachChild(node, (child) => visitTypeLiterals(owner, child));
}

function checkMember(owner, member) {
  if (member.name === undefined || isHidden(member)) return;
  const symbol = checker.getSymbolAtLocation(member.name);
  if (symbol === undefined || isInternal(symbol)) return;
  const name = `${owner}.${symbol.name}`;
  const isProperty = ts.isPropertySignature(member) || ts.isPropertyDeclaration(member);
  if (isProperty && member.questionToken !== undefined && ts.isInterfaceDeclaration(member.parent)) {
    if (!symbol.getJsDocTags(checker).some((tag) => tag.name === "default"))
      report(member, `${name} is optional and says no @default`);
  }
  const isMethod = ts.isMethodDeclaration(member) || ts.isMethodSignature(member) || ts.isGetAccessor(member);
  if (isMethod && !hasComment(symbol) && !SELF_EXPLAINING.has(symbol.name))
    report(member, `${name} has no doc comment`);
}

for (const entry of ENTRIES) {
  const source = program.getSourceFile(entry);
  if (source === undefined) throw new Error(`${entry} is not there`);
  for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(source))) checkExport(exported);
}

const sorted = [...problems.values()].sort((a, b) => a.place.localeCompare(b.place, "en", { numeric: true }));
for (const { place, what } of sorted) console.error(`${place}: ${what}`);
if (sorted.length > 0) {
  console.error(`doc comments: ${sorted.length} are missing`);
  process.exit(1);
}
