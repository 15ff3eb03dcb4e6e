import { OPERATORS } from "./precedence";
import { fitsIndented } from "./strings";
import type { BinaryNode, BinaryOperator, NixNode, Parameter, StrNode } from "./tree";

/** Which expressions nixfmt keeps on one line, opens behind what stands before them, or lets break. */

/** Whether a string is written as `''…''`. */
export function prefersIndented({ style, parts }: StrNode): boolean {
  if (style === "quoted") return false;
  if (parts.length === 1 && typeof parts[0] === "string" && !parts[0].endsWith("\n")) return false;
  const wanted = style === "indented" ? 1 : 2;
  let lines = 0;
  for (const part of parts) if (typeof part === "string" && lines < wanted) lines += countLines(part, wanted);
  return lines >= wanted && fitsIndented(textsBetween(parts));
}

function countLines(text: string, enough: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && count < enough; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** The texts before, between and after the interpolations, "" where there is none. */
function textsBetween(parts: StrNode["parts"]): readonly string[] {
  const texts = [""];
  for (const part of parts) {
    if (typeof part === "string") texts[texts.length - 1] = part;
    else texts.push("");
  }
  return texts;
}

/** Whether a node takes several lines however much room there is. */
export function mustBreak(node: NixNode): boolean {
  switch (node.kind) {
    case "attrs":
      return node.bindings.length > 0;
    case "list":
      return node.items.length > 1;
    case "str":
      return prefersIndented(node);
    case "raw":
      return node.text.includes("\n");
    case "let":
    case "assert":
      return true;
    case "lambda":
      return typeof node.parameter === "string" ? thirdParameter(node.body) : !simpleFormals(node.parameter);
    default:
      return false;
  }
}

function thirdParameter(body: NixNode): boolean {
  return body.kind === "lambda" && body.body.kind === "lambda";
}

/** Whether a set pattern is written on one line: at most two names, no defaults. */
export function simpleFormals(parameter: Parameter): boolean {
  if (typeof parameter === "string") return true;
  return parameter.formals.length <= 2 && parameter.formals.every((formal) => formal.default === undefined);
}

/** Whether a node begins with an opening bracket that can stand at the end of a line. */
export function isAbsorbable(node: NixNode): boolean {
  let inner = node;
  while (inner.kind === "lambda" && simpleFormals(inner.parameter)) inner = inner.body;
  if (inner.kind === "with") inner = inner.body;
  return isBracketed(inner);
}

function isBracketed(node: NixNode): boolean {
  if (node.kind === "attrs") return node.bindings.length > 0;
  if (node.kind === "list") return node.items.length > 0;
  return node.kind === "str" && prefersIndented(node);
}

/** Simple expressions are not worth a line break, however long they are. `fuel` bounds how far is looked. */
export function isSimple(node: NixNode, fuel = 8): boolean {
  if (fuel === 0) return false;
  switch (node.kind) {
    case "str":
      return !prefersIndented(node);
    case "path":
    case "id":
      return true;
    case "int":
    case "float":
      return node.value >= 0;
    case "select":
      return (
        node.default === undefined &&
        node.path.every((step) => typeof step === "string") &&
        isSimple(node.base, fuel - 1)
      );
    case "call":
      return node.args.length <= 2 && [node.fn, ...node.args].every((part) => isSimple(part, fuel - 1));
    default:
      return false;
  }
}

/** Operands that are joined by one operator. */
export interface Chain {
  readonly operator: BinaryOperator;
  readonly operands: readonly NixNode[];
}

/** The operands of `a + b + c`, along the side on which the operator associates; comparisons have two. */
export function chainOf(node: BinaryNode): Chain {
  const { operator } = node;
  const { level, left, right } = OPERATORS[operator];
  const operands: NixNode[] = [];
  let rest: NixNode = node;
  if (level === right) {
    for (; rest.kind === "binary" && rest.operator === operator; rest = rest.right) operands.push(rest.left);
    return { operator, operands: [...operands, rest] };
  }
  if (level !== left) return { operator, operands: [node.left, node.right] };
  for (; rest.kind === "binary" && rest.operator === operator; rest = rest.left) operands.push(rest.right);
  return { operator, operands: [...operands, rest].reverse() };
}
