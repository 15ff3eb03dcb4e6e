import { isSmallestInt } from "./numbers";
import type { BinaryOperator, NixNode } from "./tree";

/** How tightly an expression holds together; a place demands a minimum, and weaker expressions get parentheses there. */
export const LEVEL = {
  /** `if`, `let`, `with`, `assert` and functions: as operands always in parentheses. */
  open: 0,
  not: 8,
  has: 12,
  negate: 13,
  call: 14,
  /** A list item or an argument: as tight as a select with `or`. */
  argument: 14.5,
  select: 15,
  /** Numbers, paths: they would swallow a dot, so they cannot be the base of a select. */
  dotless: 16,
  atom: 17,
} as const;

interface Operator {
  readonly level: number;
  /** Minimum level of the left and the right operand. */
  readonly left: number;
  readonly right: number;
}

const leftAssociative = (level: number): Operator => ({ level, left: level, right: level + 1 });
const rightAssociative = (level: number): Operator => ({ level, left: level + 1, right: level });
const notAssociative = (level: number): Operator => ({ level, left: level + 1, right: level + 1 });

/** The binary operators of the Nix grammar. */
export const OPERATORS: Readonly<Record<BinaryOperator, Operator>> = {
  "++": rightAssociative(11),
  "*": leftAssociative(10),
  "/": leftAssociative(10),
  "+": leftAssociative(9),
  "-": leftAssociative(9),
  "//": rightAssociative(7),
  "<": notAssociative(6),
  "<=": notAssociative(6),
  ">": notAssociative(6),
  ">=": notAssociative(6),
  "==": notAssociative(5),
  "!=": notAssociative(5),
  "&&": leftAssociative(4),
  "||": leftAssociative(3),
  "->": rightAssociative(2),
};

/** How tightly the text of `node` holds together. */
export function levelOf(node: NixNode): number {
  switch (node.kind) {
    case "int":
      if (isSmallestInt(node.value)) return OPERATORS["-"].level;
      return node.value < 0 ? LEVEL.negate : LEVEL.dotless;
    case "float":
      return node.value < 0 ? LEVEL.negate : LEVEL.dotless;
    case "path":
      return LEVEL.dotless;
    case "select":
      return node.default === undefined ? LEVEL.select : LEVEL.argument;
    case "call":
      return node.args.length === 0 ? levelOf(node.fn) : LEVEL.call;
    case "has":
      return LEVEL.has;
    case "unary":
      return node.operator === "-" ? LEVEL.negate : LEVEL.not;
    case "binary":
      return OPERATORS[node.operator].level;
    case "lambda":
    case "let":
    case "with":
    case "if":
    case "assert":
      return LEVEL.open;
    default:
      return LEVEL.atom;
  }
}

/** The minimum level of a function in a call: a select with `or` there would read as if the arguments were its default. */
export function functionLevel(fn: NixNode): number {
  return fn.kind === "select" ? LEVEL.select : LEVEL.call;
}
