import {
  attrs,
  bind,
  checkedPath,
  checkVariable,
  inherit,
  type NixBindings,
  type PathStep,
  refuseCapture,
  toBindings,
} from "./bindings";
import { NixError } from "./error";
import { readRaw } from "./lexer";
import { flake, module } from "./module";
import { nested } from "./nested";
import { floatNode, intNode } from "./numbers";
import { pathNode } from "./paths";
import { dedent, interleave, interpolated, type Interpolated } from "./template";
import { type NixValue, toNix } from "./to-nix";
import {
  type AssertNode,
  type BinaryNode,
  type BinaryOperator,
  type CallNode,
  type HasNode,
  type IdNode,
  type IfNode,
  isNode,
  type LambdaNode,
  type LetNode,
  type ListNode,
  make,
  type NixNode,
  type Parameter,
  type RawNode,
  type SelectNode,
  type StrNode,
  type UnaryNode,
  type WithNode,
} from "./tree";

/** A function's parameter as it is given to {@link nix.fn}: a name, or the attributes that it takes. */
export type FunctionParameter =
  | string
  | {
      /** Names that must be given, or names with their default values; `undefined` means no default. */
      readonly args: readonly string[] | { readonly [name: string]: NixValue | undefined };
      /** Whether further attributes may be given (`...`). @default false */
      readonly open?: boolean;
      /** A name for the whole argument (`@name`). @default - none */
      readonly alias?: string;
    };

function id(name: string): IdNode {
  if (name !== "builtins" && name !== "toString" && name !== "__curPos") checkVariable(name, "nix.id");
  return make<IdNode>({ kind: "id", name });
}

function ref(dotted: string, ...more: readonly PathStep[]): IdNode | SelectNode {
  const [name, ...steps] = dotted.split(".");
  const base = id(name!);
  return steps.length + more.length === 0 ? base : get(base, ...steps, ...more);
}

/** Longer paths are not joined further, so that building a long chain of selects stays cheap. */
const JOINED_PATH = 64;

function get(base: NixValue, ...path: readonly PathStep[]): SelectNode {
  const node = toNix(base, { name: "nix.get" });
  const steps = checkedPath(path, "nix.get");
  const joins = node.kind === "select" && node.default === undefined && node.path.length < JOINED_PATH;
  if (!joins) return make<SelectNode>({ kind: "select", base: node, path: steps });
  return make<SelectNode>({ kind: "select", base: node.base, path: Object.freeze([...node.path, ...steps]) });
}

function getOr(base: NixValue, path: PathStep | readonly PathStep[], fallback: NixValue): SelectNode {
  const steps = checkedPath(typeof path === "string" || isNode(path) ? [path] : path, "nix.getOr");
  const value = toNix(fallback, { name: "nix.getOr" });
  return make<SelectNode>({ kind: "select", base: toNix(base, { name: "nix.getOr" }), path: steps, default: value });
}

function has(base: NixValue, ...path: readonly PathStep[]): HasNode {
  return make<HasNode>({ kind: "has", base: toNix(base, { name: "nix.has" }), path: checkedPath(path, "nix.has") });
}

function call(fn: string | NixNode, ...args: readonly [NixValue, ...NixValue[]]): CallNode {
  if (args.length === 0)
    throw new NixError({ path: "nix.call", what: "has no argument", accepted: "one argument or more" });
  const name = typeof fn === "string" ? fn : "argument";
  const nodes = args.map((arg, index) => toNix(arg, { name: args.length === 1 ? name : `${name}#${index + 1}` }));
  return make<CallNode>({ kind: "call", fn: typeof fn === "string" ? ref(fn) : fn, args: Object.freeze(nodes) });
}

function fn(parameter: FunctionParameter, body: NixValue): LambdaNode {
  return make<LambdaNode>({
    kind: "lambda",
    parameter: checkedParameter(parameter),
    body: toNix(body, { name: "body" }),
  });
}

function checkedParameter(given: FunctionParameter): Parameter {
  if (typeof given === "string") return checkVariable(given, "nix.fn");
  const { args, open = false, alias } = given;
  const entries = Array.isArray(args)
    ? (args as readonly string[]).map((name) => [name, undefined] as const)
    : Object.entries(args);
  const names = [...entries.map(([name]) => name), ...(alias === undefined ? [] : [alias])];
  names.forEach((name, index) => {
    checkVariable(name, "nix.fn");
    if (names.indexOf(name) !== index)
      throw new NixError({ path: "nix.fn", what: "names an argument twice", value: name, accepted: "distinct names" });
  });
  const formals = entries.map(([name, value]) =>
    Object.freeze(value === undefined ? { name } : { name, default: toNix(value as NixValue, { name }) }),
  );
  return Object.freeze({ formals: Object.freeze(formals), ellipsis: open, ...(alias !== undefined && { alias }) });
}

function letIn(bindings: NixBindings, body: NixValue): LetNode {
  const list = toBindings(bindings, "let");
  for (const binding of list) {
    if (binding.kind === "bind" && typeof binding.path[0] !== "string") {
      throw new NixError({
        path: "let",
        what: "has a computed name, which Nix allows in sets only",
        accepted: "names that are text",
      });
    }
  }
  refuseCapture(list, "let");
  return make<LetNode>({ kind: "let", bindings: list, body: toNix(body, { name: "body" }) });
}

function withScope(scope: NixValue, body: NixValue): WithNode {
  return make<WithNode>({ kind: "with", scope: toNix(scope, { name: "with" }), body: toNix(body, { name: "body" }) });
}

function ifElse(condition: NixValue, then: NixValue, otherwise: NixValue): IfNode {
  const part = (value: NixValue, name: string): NixNode => toNix(value, { name });
  return make<IfNode>({
    kind: "if",
    condition: part(condition, "if"),
    consequence: part(then, "then"),
    alternative: part(otherwise, "else"),
  });
}

function assertThat(condition: NixValue, body: NixValue): AssertNode {
  return make<AssertNode>({
    kind: "assert",
    condition: toNix(condition, { name: "assert" }),
    body: toNix(body, { name: "body" }),
  });
}

function op(operator: BinaryOperator, ...operands: readonly [NixValue, NixValue, ...NixValue[]]): BinaryNode {
  const nodes = operands.map((operand, index) => toNix(operand, { name: `${operator} operand ${index + 1}` }));
  return nodes
    .slice(1)
    .reduce((left, right) => make<BinaryNode>({ kind: "binary", operator, left, right }), nodes[0]!) as BinaryNode;
}

function not(operand: NixValue): UnaryNode {
  return make<UnaryNode>({ kind: "unary", operator: "!", operand: toNix(operand, { name: "!" }) });
}

function neg(operand: NixValue): UnaryNode {
  return make<UnaryNode>({ kind: "unary", operator: "-", operand: toNix(operand, { name: "-" }) });
}

function list(items: readonly NixValue[]): ListNode {
  return toNix(items, { name: "list" }) as ListNode;
}

function str(texts: TemplateStringsArray | string, ...values: readonly Interpolated[]): StrNode {
  return interpolated(typeof texts === "string" ? [texts] : interleave(texts, values), "quoted", "nix.str");
}

function lines(texts: TemplateStringsArray | string, ...values: readonly Interpolated[]): StrNode {
  return interpolated(typeof texts === "string" ? [texts] : interleave(dedent(texts), values), "indented", "nix.lines");
}

function raw(text: string): RawNode {
  return make<RawNode>({ kind: "raw", text, atom: readRaw(text).atom });
}

/** The builders of expressions. Wherever they take a value, plain data and nodes may be mixed. */
export const nix = {
  /** A variable. */
  id,
  /** `config.services.x` from its dotted text, and further names that may hold dots: `ref("config.sops.secrets", "wg/0")`. */
  ref,
  /** `base.path`; selecting from what was selected makes the path longer, which means the same. */
  get,
  /** `base.path or fallback`; give `base` as a variable to have the fallback cover every step. */
  getOr,
  /** `base ? path`. */
  has,
  /** `fn a b`; a text as `fn` is read like in `ref`: `call("builtins.toJSON", value)`. */
  call,
  /** A function: `fn("x", body)` or `fn({ args: ["lib", "config"], open: true }, body)`. */
  fn,
  /** `let … in body`. Names are text: Nix computes names in sets only. */
  let: letIn,
  /** `with scope; body`: the attributes of `scope` are variables in `body`; names that are bound otherwise win. */
  with: withScope,
  /** `if condition then a else b`. */
  if: ifElse,
  /** `assert condition; body`: the evaluation fails where the condition does not hold. */
  assert: assertThat,
  /** `a op b`; more operands than two are joined from the left: `op("&&", a, b, c)` is `(a && b) && c`. */
  op,
  /** `!operand`. */
  not,
  /** `-operand`, of a number. */
  neg,
  /** `[ … ]`, the same as an array of the items. */
  list,
  /** A set. Unlike plain data it may name `_type`, `outPath` and other attributes that Nix treats specially. */
  attrs,
  /** `path = value;`. A string path is ONE name, whatever dots it has; give a list of names for `a.b = value;`. */
  bind,
  /** `inherit a b;`, or `inherit (from) a b;`. */
  inherit,
  /** Bindings of whole option paths, sorted and folded into as few sets as possible. */
  nested,
  /** A string, `"…"`, as a tag of a template literal or from text. */
  str,
  /** A string that is written as `''…''` where that is safe; as a tag it drops the indentation of the literal. */
  lines,
  /** An integer of 64 bits. */
  int: (value: bigint | number): NixNode =>
    intNode(typeof value === "number" ? wholeNumber(value) : value, () => "nix.int"),
  /** A float, also for whole numbers: `nix.float(1)` is `1.0`. */
  float: (value: number): NixNode => floatNode(value, () => "nix.float"),
  /** A path literal: the file is copied to the world-readable store when the value is used. */
  path: pathNode,
  /** `toString value`. */
  toString: (value: NixValue): NixNode => call("toString", value),
  /** Nix text as it is; it must be one expression that closes all it opens, and is printed in parentheses. */
  raw,
  /** A NixOS module: a function of the names that it uses, with imports, options and settings. Throws NixError on a variable that it does not take. */
  module,
  /** A flake.nix: description, inputs and what it offers. Throws NixError on a variable that it does not have, and on an input whose name is no variable. */
  flake,
} as const;

function wholeNumber(value: number): bigint {
  if (!Number.isSafeInteger(value)) {
    throw new NixError({
      path: "nix.int",
      what: "is no whole number within ±(2^53 - 1)",
      value,
      accepted: "a whole number, or a bigint",
    });
  }
  return BigInt(value);
}
