import { floatText, intText } from "./numbers";
import { quoteName } from "./names";
import { functionLevel, LEVEL, levelOf, OPERATORS } from "./precedence";
import { escapeBeforeInterpolation, escapeQuoted } from "./strings";
import type { Binding, NixNode, Parameter, StrNode, UnaryNode } from "./tree";

/** A level that no expression is below: the place has its own delimiters. */
export const DELIMITED = -1;

/** A child expression and how tightly its place demands it to hold together. */
type Child = readonly [NixNode, number];
type Piece = string | Child;

/** What a one-line rendering may do. */
export interface FlatOptions {
  /** Puts every sub-expression in parentheses. */
  readonly allParens: boolean;
  /** Says that a node must not be written on one line; such a node ends the rendering. @default - every node may */
  readonly mustBreak?: (node: NixNode) => boolean;
  /** The most characters. @default Infinity */
  readonly room?: number;
}

/** Whether `node` needs parentheses in a place that demands `level`. */
export function needsParens(node: NixNode, level: number, allParens: boolean): boolean {
  return level !== DELIMITED && (allParens || levelOf(node) < level);
}

/**
 * An expression on one line, or undefined when that is not possible within the options. Keeps its own stack, so that deep
 * trees cannot overflow JavaScript's, and stops as soon as there is no room left, so that asking is cheap.
 */
export function flatText(root: NixNode, level: number, options: FlatOptions): string | undefined {
  const { allParens, mustBreak, room = Number.POSITIVE_INFINITY } = options;
  const stack: Piece[] = [[root, level]];
  let text = "";
  for (let piece = stack.pop(); piece !== undefined; piece = stack.pop()) {
    if (typeof piece === "string") {
      text += piece;
    } else {
      const [node, demanded] = piece;
      if (mustBreak?.(node)) return undefined;
      const parens = needsParens(node, demanded, allParens);
      if (parens) text += "(";
      const leaf = leafText(node);
      if (leaf !== undefined) {
        text += parens ? `${leaf})` : leaf;
      } else {
        if (parens) stack.push(")");
        const pieces = piecesOf(node);
        for (let index = pieces.length - 1; index >= 0; index--) stack.push(pieces[index]!);
      }
    }
    if (text.length > room) return undefined;
  }
  return text;
}

/** The text of a node without sub-expressions, without parentheses around it; undefined for all others. */
export function leafText(node: NixNode): string | undefined {
  switch (node.kind) {
    case "null":
      return "null";
    case "bool":
      return node.value ? "true" : "false";
    case "int":
      return intText(node.value);
    case "float":
      return floatText(node.value);
    case "path":
      return node.text;
    case "id":
      return node.name;
    case "raw":
      return node.atom ? node.text : `(${node.text})`;
    case "str":
      return plainText(node);
    case "list":
      return node.items.length === 0 ? "[ ]" : undefined;
    case "attrs":
      return node.bindings.length === 0 && !node.rec ? "{ }" : undefined;
    default:
      return undefined;
  }
}

function plainText(node: StrNode): string | undefined {
  if (node.parts.length === 0) return '""';
  if (node.parts.length === 1 && typeof node.parts[0] === "string") return `"${escapeQuoted(node.parts[0])}"`;
  return undefined;
}

function piecesOf(node: NixNode): Piece[] {
  switch (node.kind) {
    case "str":
      return stringPieces(node);
    case "list":
      return ["[ ", ...node.items.flatMap((item): Piece[] => [[item, LEVEL.argument], " "]), "]"];
    case "attrs":
      return [node.rec ? "rec { " : "{ ", ...bindingPieces(node.bindings), "}"];
    case "select": {
      const path: Piece[] = [[node.base, LEVEL.atom], ".", ...pathPieces(node.path)];
      return node.default === undefined ? path : [...path, " or ", [node.default, LEVEL.select]];
    }
    case "has":
      return [[node.base, LEVEL.negate], " ? ", ...pathPieces(node.path)];
    case "call":
      return [[node.fn, functionLevel(node.fn)], ...node.args.flatMap((arg): Piece[] => [" ", [arg, LEVEL.argument]])];
    case "lambda":
      return [...parameterPieces(node.parameter), ": ", [node.body, LEVEL.open]];
    case "let":
      return ["let ", ...bindingPieces(node.bindings), "in ", [node.body, LEVEL.open]];
    case "with":
      return ["with ", [node.scope, LEVEL.open], "; ", [node.body, LEVEL.open]];
    case "if":
      return [
        "if ",
        [node.condition, LEVEL.open],
        " then ",
        [node.consequence, LEVEL.open],
        " else ",
        [node.alternative, LEVEL.open],
      ];
    case "assert":
      return ["assert ", [node.condition, LEVEL.open], "; ", [node.body, LEVEL.open]];
    case "unary":
      return [unaryHead(node), [node.operand, unaryLevel(node)]];
    case "binary": {
      const { left, right } = OPERATORS[node.operator];
      return [[node.left, left], ` ${node.operator} `, [node.right, right]];
    }
    default:
      return [leafText(node)!];
  }
}

/** How tightly the operand of a unary operator must hold together. */
export function unaryLevel({ operator }: UnaryNode): number {
  return operator === "-" ? LEVEL.negate : LEVEL.not;
}

/** A unary operator; a minus stands apart from another one, and from a path, which would swallow it (`-./x`). */
export function unaryHead({ operator, operand }: UnaryNode): string {
  let first = operand;
  while (first.kind === "call") first = first.fn;
  const apart = operator === "-" && (levelOf(first) === LEVEL.negate || first.kind === "path");
  return apart ? "- " : operator;
}

function stringPieces(node: StrNode): Piece[] {
  const pieces: Piece[] = ['"'];
  node.parts.forEach((part, index) => {
    if (typeof part !== "string") pieces.push("${", [part, LEVEL.open], "}");
    else pieces.push(index + 1 < node.parts.length ? escapeBeforeInterpolation(part) : escapeQuoted(part));
  });
  return [...pieces, '"'];
}

/** An attribute path: names, quoted where needed, and `${…}`. */
export function pathPieces(path: readonly (string | NixNode)[]): Piece[] {
  const pieces: Piece[] = [];
  path.forEach((step, index) => {
    if (index > 0) pieces.push(".");
    if (typeof step === "string") pieces.push(quoteName(step));
    else if (step.kind === "str") pieces.push(...stringPieces(step));
    else pieces.push("${", [step, LEVEL.open], "}");
  });
  return pieces;
}

/** Joins the pieces of an attribute path or of a parameter; they are short and stay on one line in every layout. */
export function joinPieces(pieces: readonly Piece[], allParens: boolean): string {
  return pieces
    .map((piece) => (typeof piece === "string" ? piece : flatText(piece[0], piece[1], { allParens })!))
    .join("");
}

function bindingPieces(bindings: readonly Binding[]): Piece[] {
  return bindings.flatMap((binding): Piece[] =>
    binding.kind === "bind"
      ? [...pathPieces(binding.path), " = ", [binding.value, LEVEL.open], "; "]
      : [...inheritHead(binding.from), ...binding.names.map((name) => ` ${quoteName(name)}`), "; "],
  );
}

/** `inherit` or `inherit (from)`. */
export function inheritHead(from: NixNode | undefined): Piece[] {
  return from === undefined ? ["inherit"] : ["inherit (", [from, DELIMITED], ")"];
}

function parameterPieces(parameter: Parameter): Piece[] {
  if (typeof parameter === "string") return [parameter];
  const formals = parameter.formals.map((formal): Piece[] =>
    formal.default === undefined ? [formal.name] : [formal.name, " ? ", [formal.default, LEVEL.open]],
  );
  if (parameter.ellipsis) formals.push(["..."]);
  const alias = parameter.alias === undefined ? "" : `@${parameter.alias}`;
  if (formals.length === 0) return [`{ }${alias}`];
  return ["{ ", ...formals.flatMap((formal, index) => (index === 0 ? formal : [", ", ...formal])), ` }${alias}`];
}
