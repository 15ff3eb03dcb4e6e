/**
 * The Nix expression tree: frozen plain data with a `kind`. Nodes are made by the builders of this folder only, which
 * check what they are given; the brand tells a node from user data that happens to have a `kind`.
 */
export const BRAND: unique symbol = Symbol.for("nix-ts-builder.node") as never;

interface Branded {
  /** Tells nodes from user data. */
  readonly [BRAND]: true;
}

export interface NullNode extends Branded {
  readonly kind: "null";
}

export interface BoolNode extends Branded {
  readonly kind: "bool";
  readonly value: boolean;
}

/** A 64-bit signed integer. */
export interface IntNode extends Branded {
  readonly kind: "int";
  readonly value: bigint;
}

export interface FloatNode extends Branded {
  readonly kind: "float";
  readonly value: number;
}

/** How a string is written: `auto` picks `''…''` for text of two or more lines where that is safe. */
export type StringStyle = "auto" | "quoted" | "indented";

/** A string: plain text (JavaScript strings) and interpolated expressions, in order. */
export interface StrNode extends Branded {
  readonly kind: "str";
  readonly parts: readonly (string | NixNode)[];
  readonly style: StringStyle;
}

/** A path literal: `./x`, `../x`, `/x`, `~/x` or `<x>`. Paths are copied to the world-readable store when used. */
export interface PathNode extends Branded {
  readonly kind: "path";
  readonly text: string;
}

export interface ListNode extends Branded {
  readonly kind: "list";
  readonly items: readonly NixNode[];
}

/** Where a binding came from, and what to tell the reader above it. */
export interface BindingNotes {
  /** Printed as `# …` above the binding, one comment line for each line. @default - no comment */
  readonly comment?: string;
  /** Printed as `# …` behind the binding, on the same line. @default - no comment */
  readonly remark?: string;
  /** Leaves one empty line above the binding. @default false */
  readonly gap?: boolean;
  /** Who defined it, e.g. a construct path; named when two definitions clash. @default - unknown */
  readonly origin?: string;
}

/** `path = value;`. Path steps are attribute names or, for `${…}`, expressions. */
export interface BindNode extends Branded, BindingNotes {
  /** Tells it from an `inherit`. */
  readonly kind: "bind";
  /** Steps from the set to the value: names, or expressions for `${…}`. */
  readonly path: readonly (string | NixNode)[];
  /** What stands behind `=`. */
  readonly value: NixNode;
}

/** `inherit names;` or `inherit (from) names;`. */
export interface InheritNode extends Branded, BindingNotes {
  readonly kind: "inherit";
  readonly names: readonly string[];
  readonly from?: NixNode;
}

/** What may stand between the braces of a set or behind `let`. */
export type Binding = BindNode | InheritNode;

export interface AttrsNode extends Branded {
  readonly kind: "attrs";
  readonly bindings: readonly Binding[];
  readonly rec: boolean;
}

/** A variable. */
export interface IdNode extends Branded {
  readonly kind: "id";
  readonly name: string;
}

/** `base.path` or `base.path or default`; the default covers every step of this one path. */
export interface SelectNode extends Branded {
  readonly kind: "select";
  readonly base: NixNode;
  readonly path: readonly (string | NixNode)[];
  readonly default?: NixNode;
}

/** `base ? path`. */
export interface HasNode extends Branded {
  readonly kind: "has";
  readonly base: NixNode;
  readonly path: readonly (string | NixNode)[];
}

/** `fn a b c`. */
export interface CallNode extends Branded {
  readonly kind: "call";
  readonly fn: NixNode;
  readonly args: readonly NixNode[];
}

export interface Formal {
  readonly name: string;
  readonly default?: NixNode;
}

/** What a function takes: one name, or a set pattern with an optional `@alias`. */
export type Parameter =
  | string
  | { readonly formals: readonly Formal[]; readonly ellipsis: boolean; readonly alias?: string };

export interface LambdaNode extends Branded {
  readonly kind: "lambda";
  readonly parameter: Parameter;
  readonly body: NixNode;
}

export interface LetNode extends Branded {
  readonly kind: "let";
  readonly bindings: readonly Binding[];
  readonly body: NixNode;
}

export interface WithNode extends Branded {
  readonly kind: "with";
  readonly scope: NixNode;
  readonly body: NixNode;
}

export interface IfNode extends Branded {
  readonly kind: "if";
  readonly condition: NixNode;
  readonly consequence: NixNode;
  readonly alternative: NixNode;
}

export interface AssertNode extends Branded {
  readonly kind: "assert";
  readonly condition: NixNode;
  readonly body: NixNode;
}

export type UnaryOperator = "-" | "!";

export interface UnaryNode extends Branded {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: NixNode;
}

/** Operators between two expressions. */
export type BinaryOperator =
  | "++"
  | "*"
  | "/"
  | "+"
  | "-"
  | "//"
  | "<"
  | "<="
  | ">"
  | ">="
  | "=="
  | "!="
  | "&&"
  | "||"
  | "->";

export interface BinaryNode extends Branded {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: NixNode;
  readonly right: NixNode;
}

/** Nix text as it is. `atom` was proven by the lexer; every other raw text is printed in parentheses. */
export interface RawNode extends Branded {
  readonly kind: "raw";
  readonly text: string;
  readonly atom: boolean;
}

/** Any Nix expression. */
export type NixNode =
  | NullNode
  | BoolNode
  | IntNode
  | FloatNode
  | StrNode
  | PathNode
  | ListNode
  | AttrsNode
  | IdNode
  | SelectNode
  | HasNode
  | CallNode
  | LambdaNode
  | LetNode
  | WithNode
  | IfNode
  | AssertNode
  | UnaryNode
  | BinaryNode
  | RawNode;

type Distribute<T> = T extends NixNode | Binding ? Omit<T, typeof BRAND> : never;

/** Brands and freezes a node, given as a fresh object. For the builders of this folder; it checks nothing. */
export function make<T extends NixNode | Binding>(fields: Distribute<T>): T {
  const node = fields as { [BRAND]?: true };
  node[BRAND] = true;
  return Object.freeze(node) as T;
}

/** Whether `value` is an expression node of this library. */
export function isNode(value: unknown): value is NixNode {
  return isBranded(value) && value.kind !== "bind" && value.kind !== "inherit";
}

/** Whether `value` is a binding of this library. */
export function isBinding(value: unknown): value is Binding {
  return isBranded(value) && (value.kind === "bind" || value.kind === "inherit");
}

function isBranded(value: unknown): value is NixNode | Binding {
  return typeof value === "object" && value !== null && (value as Partial<Branded>)[BRAND] === true;
}
