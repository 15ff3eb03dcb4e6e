import { childrenOf, childrenOfBinding, locate } from "./children";
import { NixError } from "./error";
import { rawNames } from "./lexer";
import type { Binding, IdNode, NixNode, Parameter } from "./tree";

/** The builtins that Nix 2.8 and newer offer without `builtins.` in front; all others are also there as `__name`. */
const GLOBALS: ReadonlySet<string> = new Set(
  (
    "abort baseNameOf builtins derivation derivationStrict dirOf false fetchGit fetchMercurial fetchTarball fetchTree " +
    "fromTOML import isNull map null placeholder removeAttrs scopedImport throw toString true"
  ).split(" "),
);

const PREFIXED: ReadonlySet<string> = new Set(
  (
    "add addErrorContext all any appendContext attrNames attrValues bitAnd bitOr bitXor catAttrs ceil compareVersions " +
    "concatLists concatMap concatStringsSep currentSystem currentTime deepSeq div elem elemAt fetchurl filter filterSource " +
    "findFile floor foldl' fromJSON functionArgs genList genericClosure getAttr getContext getEnv groupBy hasAttr hasContext " +
    "hashFile hashString head intersectAttrs isAttrs isBool isFloat isFunction isInt isList isPath isString langVersion length " +
    "lessThan listToAttrs mapAttrs match mul nixPath nixVersion parseDrvName partition path pathExists readDir readFile " +
    "replaceStrings seq sort split splitVersion storeDir storePath stringLength sub substring tail toFile toJSON toPath toXML " +
    "trace tryEval typeOf unsafeDiscardOutputDependency unsafeDiscardStringContext unsafeGetAttrPos zipAttrsWith"
  )
    .split(" ")
    .map((name) => `__${name}`),
);

/** Whether Nix knows `name` without any binding. */
function isGlobal(name: string): boolean {
  return GLOBALS.has(name) || PREFIXED.has(name) || name === "__curPos";
}

/** A step of the walk: look into a node, or change what is bound. */
type Step =
  | { readonly node: NixNode }
  | { readonly names: readonly string[]; readonly change: 1 | -1 }
  | { readonly withs: 1 | -1 };

/**
 * The variables of `root` that nothing in it binds, each with one place where it is used. Like Nix it takes every name
 * for bound inside `with`. Raw text is not parsed: its names count only when they are in `rawCandidates`.
 */
export function freeVariables(root: NixNode, rawCandidates: readonly string[] = []): ReadonlyMap<string, NixNode> {
  const free = new Map<string, NixNode>();
  const bound = new Map<string, number>();
  let withs = 0;
  const use = (name: string, node: NixNode): void => {
    if (withs === 0 && !bound.get(name) && !free.has(name) && !isGlobal(name)) free.set(name, node);
  };
  const work: Step[] = [{ node: root }];
  for (let step = work.pop(); step !== undefined; step = work.pop()) {
    if ("withs" in step) {
      withs += step.withs;
    } else if ("names" in step) {
      for (const name of step.names) bound.set(name, (bound.get(name) ?? 0) + step.change);
    } else {
      const { node } = step;
      if (node.kind === "id") use(node.name, node);
      else if (node.kind === "raw" && rawCandidates.length > 0) {
        for (const name of rawNames(node.text)) if (rawCandidates.includes(name)) use(name, node);
      } else {
        for (const name of inheritedNames(node)) use(name, node);
        pushReversed(work, stepsInto(node));
      }
    }
  }
  return free;
}

/** Names that `inherit a;` takes from the surrounding scope, even in `let` and `rec`. */
function inheritedNames(node: NixNode): readonly string[] {
  if (node.kind !== "attrs" && node.kind !== "let") return [];
  if (!node.bindings.some((binding) => binding.kind === "inherit")) return [];
  return node.bindings.flatMap((binding) =>
    binding.kind === "inherit" && binding.from === undefined ? binding.names : [],
  );
}

function stepsInto(node: NixNode): readonly Step[] {
  switch (node.kind) {
    case "let":
      return scoped(boundNames(node.bindings), [...node.bindings.flatMap(childrenOfBinding), { node: node.body }]);
    case "attrs":
      return node.rec ? scoped(boundNames(node.bindings), childrenOf(node)) : stepsIntoSet(node.bindings);
    case "lambda":
      return scoped(parameterNames(node.parameter), childrenOf(node));
    case "with":
      return [{ node: node.scope }, { withs: 1 }, { node: node.body }, { withs: -1 }];
    case "list":
      return node.items.filter((item) => !isLiteral(item)).map((item) => ({ node: item }));
    default:
      return childrenOf(node);
  }
}

/** Most bindings of plain data have one name and a literal, and need no visit. */
function stepsIntoSet(bindings: readonly Binding[]): readonly Step[] {
  const steps: Step[] = [];
  for (const binding of bindings) {
    const isPlain = binding.kind === "bind" && binding.path.length === 1 && typeof binding.path[0] === "string";
    if (!isPlain) steps.push(...childrenOfBinding(binding));
    else if (!isLiteral(binding.value)) steps.push({ node: binding.value });
  }
  return steps;
}

function isLiteral(node: NixNode): boolean {
  switch (node.kind) {
    case "null":
    case "bool":
    case "int":
    case "float":
    case "path":
      return true;
    case "str":
      return node.parts.length === 0 || (node.parts.length === 1 && typeof node.parts[0] === "string");
    default:
      return false;
  }
}

function pushReversed(work: Step[], steps: readonly Step[]): void {
  for (let index = steps.length - 1; index >= 0; index--) work.push(steps[index]!);
}

function scoped(names: readonly string[], inside: readonly { node: NixNode }[]): Step[] {
  return [{ names, change: 1 }, ...inside, { names, change: -1 }];
}

function boundNames(bindings: readonly Binding[]): string[] {
  const names = bindings.flatMap((binding): readonly unknown[] =>
    binding.kind === "inherit" ? binding.names : [binding.path[0]],
  );
  return names.filter((name) => typeof name === "string");
}

function parameterNames(parameter: Parameter): string[] {
  if (typeof parameter === "string") return [parameter];
  const names = parameter.formals.map(({ name }) => name);
  return parameter.alias === undefined ? names : [...names, parameter.alias];
}

/**
 * Refuses variables that nothing binds: Nix would report "undefined variable".
 *
 * @throws NixError naming the variable and where it is used
 */
export function refuseFree(root: NixNode, allowed: readonly string[], rootName: string): void {
  for (const [name, node] of freeVariables(root)) {
    if (allowed.includes(name)) continue;
    const bound = allowed.length === 0 ? "" : `, or one of ${allowed.join(", ")}`;
    throw new NixError({
      path: locate(root, node, rootName),
      what: `uses the variable ${name}, which nothing binds`,
      value: (node as IdNode).name ?? name,
      accepted: `a builtin, a name that let, with or a function around it binds${bound}`,
    });
  }
}
