import { quoteName } from "./names";
import { floatText, intText } from "./numbers";
import { Output } from "./output";
import { functionLevel, LEVEL, levelOf, OPERATORS } from "./precedence";
import { escapeBeforeInterpolation, escapeQuoted } from "./strings";
import type { Binding, NixNode, Parameter, StrNode, UnaryNode } from "./tree";

/** A level that no expression is below: the place has its own delimiters. */
export const DELIMITED = -1;

/** A child expression and how tightly its place demands it to hold together. */
type Child = readonly [NixNode, number];
type Piece = string | Child;

/** A list or the bindings of a set that is being written; keeping a place in it is cheaper than queueing all its parts. */
interface Cursor {
  readonly items: readonly NixNode[] | readonly Binding[];
  next: number;
}
type Work = Piece | Cursor;

/** What a one-line rendering may do. */
export interface FlatOptions {
  /** Puts every sub-expression in parentheses. */
  readonly allParens: boolean;
  /** Says that a node must not be written on one line; such a node ends the rendering. @default - every node may */
  readonly mustBreak?: (node: NixNode) => boolean;
}

/** Whether `node` needs parentheses in a place that demands `level`. */
export function needsParens(node: NixNode, level: number, allParens: boolean): boolean {
  return level !== DELIMITED && (allParens || levelOf(node) < level);
}

/** An expression on one line, however long that gets. */
export function flatText(root: NixNode, level: number, allParens: boolean): string {
  return new FlatWriter({ allParens }).text(root, level)!;
}

/**
 * Writes expressions on one line, one after the other. Keeps its own stack, so that deep trees cannot overflow JavaScript's,
 * and stops as soon as there is no room left, so that asking is cheap.
 */
export class FlatWriter {
  private readonly options: FlatOptions;
  private readonly output = new Output();
  private readonly stack: Work[] = [];
  private room = 0;
  private stopped = false;

  constructor(options: FlatOptions) {
    this.options = options;
  }

  /** The text of an expression, or undefined when it must break or takes more than `room` characters. */
  text(root: NixNode, level: number, room: number = Number.POSITIVE_INFINITY): string | undefined {
    this.output.reset();
    this.stack.length = 0;
    this.room = room;
    this.stopped = false;
    this.node(root, level);
    for (let work = this.stack.pop(); work !== undefined; work = this.stack.pop()) {
      if (typeof work === "string") this.output.write(work);
      else if ("items" in work) this.advance(work);
      else this.node(work[0], work[1]);
      // Every two queued works are at least one character, so a deep tree is given up before it is walked to its end.
      if (this.stopped || this.output.length + this.stack.length / 2 > this.room) return undefined;
    }
    return this.stopped || this.output.length > this.room ? undefined : this.output.toString();
  }

  private node(node: NixNode, level: number): void {
    if (this.options.mustBreak?.(node)) {
      this.stopped = true;
      return;
    }
    const parens = needsParens(node, level, this.options.allParens);
    const leaf = leafText(node, this.options.allParens);
    if (leaf !== undefined) {
      this.output.write(parens ? `(${leaf})` : leaf);
      return;
    }
    if (parens) {
      this.output.write("(");
      this.stack.push(")");
    }
    if (node.kind === "list") {
      this.output.write("[ ");
      this.stack.push("]", { items: node.items, next: 0 });
    } else if (node.kind === "attrs") {
      this.output.write(node.rec ? "rec { " : "{ ");
      this.stack.push("}", { items: node.bindings, next: 0 });
    } else if (node.kind === "let") {
      this.output.write("let ");
      this.stack.push([node.body, LEVEL.open], "in ", { items: node.bindings, next: 0 });
    } else {
      this.schedule(piecesOf(node));
    }
  }

  private schedule(pieces: readonly Piece[]): void {
    for (let index = pieces.length - 1; index >= 0; index--) this.stack.push(pieces[index]!);
  }

  /** Writes items or bindings up to the first one that has parts of its own. */
  private advance(cursor: Cursor): void {
    while (cursor.next < cursor.items.length && this.output.length <= this.room) {
      const item = cursor.items[cursor.next++]!;
      const text = this.leafItem(item);
      if (text === undefined) {
        this.stack.push(cursor);
        this.schedule(itemPieces(item));
        return;
      }
      this.output.write(text);
    }
  }

  /** An item or binding that has no parts of its own, as text. */
  private leafItem(item: NixNode | Binding): string | undefined {
    if (item.kind === "inherit") return undefined;
    const { allParens, mustBreak } = this.options;
    const node = item.kind === "bind" ? item.value : item;
    const leaf = leafText(node, allParens);
    if (leaf === undefined || mustBreak?.(node)) return undefined;
    const name = item.kind === "bind" ? staticPath(item.path) : "";
    if (name === undefined) return undefined;
    const parens = needsParens(node, item.kind === "bind" ? LEVEL.open : LEVEL.argument, allParens);
    const text = parens ? `(${leaf})` : leaf;
    return item.kind === "bind" ? `${name} = ${text}; ` : `${text} `;
  }
}

function itemPieces(item: NixNode | Binding): Piece[] {
  if (item.kind === "bind") return [...pathPieces(item.path), " = ", [item.value, LEVEL.open], "; "];
  if (item.kind !== "inherit") return [[item, LEVEL.argument], " "];
  const names = item.names.map((name) => ` ${quoteName(name)}`).join("");
  return [...inheritPieces(item.from), `${names}; `];
}

/** A path of names only as text; undefined when a part of it is computed. */
function staticPath(path: Path): string | undefined {
  let text = "";
  for (let index = 0; index < path.length; index++) {
    const step = path[index]!;
    if (typeof step !== "string") return undefined;
    text += index === 0 ? quoteName(step) : `.${quoteName(step)}`;
  }
  return text;
}

/**
 * The text of a node without sub-expressions, or of a variable with names behind it, without parentheses around it;
 * undefined for all others.
 */
export function leafText(node: NixNode, allParens: boolean): string | undefined {
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
    case "select": {
      if (allParens || node.default !== undefined || node.base.kind !== "id") return undefined;
      const path = staticPath(node.path);
      return path === undefined ? undefined : `${node.base.name}.${path}`;
    }
    case "list":
      return node.items.length === 0 ? "[ ]" : undefined;
    case "attrs":
      return node.bindings.length === 0 && !node.rec ? "{ }" : undefined;
    default:
      return undefined;
  }
}

function plainText({ parts }: StrNode): string | undefined {
  if (parts.length === 0) return '""';
  return parts.length === 1 && typeof parts[0] === "string" ? `"${escapeQuoted(parts[0])}"` : undefined;
}

/** The parts of the kinds that have few of them. */
function piecesOf(node: NixNode): Piece[] {
  switch (node.kind) {
    case "str":
      return stringPieces(node);
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
      return [];
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

type Path = readonly (string | NixNode)[];

/** An attribute path: names, quoted where needed, and `${…}`. */
function pathPieces(path: Path): Piece[] {
  const whole = staticPath(path);
  if (whole !== undefined) return [whole];
  return path.flatMap((step, index): Piece[] => {
    const dot = index === 0 ? "" : ".";
    if (typeof step === "string") return [dot + quoteName(step)];
    return step.kind === "str" ? [dot, ...stringPieces(step)] : [`${dot}\${`, [step, LEVEL.open], "}"];
  });
}

/** An attribute path as text; it stays on one line in every layout. */
export function pathText(path: Path, allParens: boolean): string {
  return staticPath(path) ?? joined(pathPieces(path), allParens);
}

function inheritPieces(from: NixNode | undefined): Piece[] {
  return from === undefined ? ["inherit"] : ["inherit (", [from, DELIMITED], ")"];
}

/** `inherit` or `inherit (from)` as text. */
export function inheritHead(from: NixNode | undefined, allParens: boolean): string {
  return joined(inheritPieces(from), allParens);
}

function joined(pieces: readonly Piece[], allParens: boolean): string {
  return pieces.map((piece) => (typeof piece === "string" ? piece : flatText(piece[0], piece[1], allParens))).join("");
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
