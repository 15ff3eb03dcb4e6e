import { absorbingCall, breakCall } from "./break-call";
import { unaryHead, unaryLevel } from "./flat";
import { type Fit, line, margin, unfit, type Work } from "./fit";
import { type Chain, chainOf, isAbsorbable, prefersIndented, simpleFormals } from "./layout-rules";
import { LEVEL, OPERATORS } from "./precedence";
import { escapeIndented } from "./strings";
import type { BinaryNode, Binding, IfNode, LambdaNode, NixNode, Parameter, StrNode, WithNode } from "./tree";

/** An expression over several lines, the first one beginning where the text stands. */
export function breakNode(fit: Fit, node: NixNode, indent: number): Work[] {
  switch (node.kind) {
    case "attrs":
      return [node.rec ? "rec {" : "{", ...ownLines(node.bindings, indent + 1), `${line(indent)}}`];
    case "list":
      return ["[", ...ownLines(node.items, indent + 1), `${line(indent)}]`];
    case "str":
      return prefersIndented(node) ? [indentedString(fit, node, indent)] : [fit.oneLine(node)];
    case "call":
      return breakCall(fit, node, indent);
    case "lambda":
      return breakLambda(fit, node, indent);
    case "let":
      return [
        "let",
        ...ownLines(node.bindings, indent + 1),
        `${line(indent)}in`,
        ...fit.ownLine(node.body, LEVEL.open, indent),
      ];
    case "with":
      return breakWith(fit, node, indent);
    case "if":
      return breakConditional(fit, node, indent);
    case "assert":
      return [
        "assert ",
        fit.place(node.condition, LEVEL.open, indent),
        ";",
        ...fit.ownLine(node.body, LEVEL.open, indent),
      ];
    case "binary":
      return breakOperators(fit, operandsOf(fit, node), indent);
    case "has":
      return [fit.place(node.base, LEVEL.negate, indent, 0), ` ? ${fit.path(node.path)}`];
    case "unary":
      return [unaryHead(node), fit.place(node.operand, unaryLevel(node), indent, 0)];
    case "select": {
      const base: Work[] = [fit.place(node.base, LEVEL.atom, indent, 0), `.${fit.path(node.path)}`];
      return node.default === undefined ? base : [...base, " or ", fit.place(node.default, LEVEL.select, indent, 0)];
    }
    default:
      return [fit.oneLine(node)];
  }
}

/** An expression in parentheses over several lines, as a list item or operand. */
export function breakInParens(fit: Fit, node: NixNode, indent: number): Work[] {
  if (isAbsorbable(node)) return ["(", unfit(node, indent), ")"];
  const absorbed = node.kind === "call" ? absorbingCall(fit, node, indent, fit.width - 1) : undefined;
  return absorbed === undefined ? fit.openParens(node, indent) : ["(", ...absorbed, ")"];
}

function ownLines(items: readonly NixNode[] | readonly Binding[], indent: number): Work[] {
  return [{ items, indent, next: 0 }];
}

function indentedString(fit: Fit, node: StrNode, indent: number): string {
  const inner = margin(indent + 1);
  let text = "''\n";
  let lineStart = true;
  node.parts.forEach((part, index) => {
    if (typeof part === "string") {
      text += escapeIndented(part, inner, lineStart, index < node.parts.length - 1);
      lineStart = part.endsWith("\n");
    } else {
      text += `${lineStart ? inner : ""}\${${fit.oneLine(part, LEVEL.open)}}`;
      lineStart = false;
    }
  });
  return `${text}${margin(indent)}''`;
}

/** A function; a chain of functions is written at once, so that asking for its body stays cheap. */
function breakLambda(fit: Fit, node: LambdaNode, indent: number): Work[] {
  const works: Work[] = [...parameterWorks(fit, node.parameter, indent), ":"];
  let { body } = node;
  for (; body.kind === "lambda" && !fit.needsParens(body, LEVEL.open); body = body.body) {
    works.push(simpleFormals(body.parameter) ? " " : line(indent), ...parameterWorks(fit, body.parameter, indent), ":");
  }
  const absorbed = isAbsorbable(body) && !fit.needsParens(body, LEVEL.open);
  return absorbed ? [...works, " ", unfit(body, indent)] : [...works, ...fit.ownLine(body, LEVEL.open, indent)];
}

/** The function that a whole file is: its body begins on the next line. */
export function breakHeader(fit: Fit, node: LambdaNode): Work[] {
  return [...parameterWorks(fit, node.parameter, 0), ":", ...fit.ownLine(node.body, LEVEL.open, 0)];
}

function parameterWorks(fit: Fit, parameter: Parameter, indent: number): Work[] {
  if (typeof parameter === "string") return [parameter];
  const alias = parameter.alias === undefined ? "" : `@${parameter.alias}`;
  const dots = parameter.ellipsis ? ["..."] : [];
  if (simpleFormals(parameter)) {
    const names = [...parameter.formals.map(({ name }) => name), ...dots];
    return [names.length === 0 ? `{ }${alias}` : `{ ${names.join(", ")} }${alias}`];
  }
  const formals = parameter.formals.flatMap(({ name, default: value }): Work[] => {
    const head = line(indent + 1) + name;
    if (value === undefined) return [`${head},`];
    return [`${head} ? `, fit.place(value, LEVEL.open, indent + 1, fit.width - name.length - 4), ","];
  });
  return ["{", ...formals, ...dots.map((text) => line(indent + 1) + text), `${line(indent)}}${alias}`];
}

function breakWith(fit: Fit, { scope, body }: WithNode, indent: number): Work[] {
  const head: Work[] = ["with ", fit.place(scope, LEVEL.open, indent), ";"];
  const bracketed = isAbsorbable(body) && body.kind !== "with" && body.kind !== "lambda";
  if (!bracketed) return [...head, ...fit.ownLine(body, LEVEL.open, indent)];
  return [...head, " ", fit.place(body, LEVEL.open, indent, 0)];
}

function breakConditional(fit: Fit, node: IfNode, indent: number): Work[] {
  const works: Work[] = [];
  let rest: NixNode = node;
  for (; rest.kind === "if" && (rest === node || !fit.needsParens(rest, LEVEL.open)); rest = rest.alternative) {
    const condition = fit.text(rest.condition, LEVEL.open, fit.width - 8);
    works.push(rest === node ? "if" : " if");
    if (condition === undefined)
      works.push(...fit.ownLine(rest.condition, LEVEL.open, indent + 1), `${line(indent)}then`);
    else works.push(` ${condition} then`);
    works.push(...fit.ownLine(rest.consequence, LEVEL.open, indent + 1), `${line(indent)}else`);
  }
  return [...works, ...fit.ownLine(rest, LEVEL.open, indent + 1)];
}

/** Joined operands share one level of lines, unless each of them has its own parentheses. */
export function operandsOf(fit: Fit, node: BinaryNode): Chain {
  return fit.allParens ? { operator: node.operator, operands: [node.left, node.right] } : chainOf(node);
}

/** Operands one below the other, each with its operator in front. */
export function breakOperators(fit: Fit, { operator, operands }: Chain, indent: number): Work[] {
  const { level, left, right } = OPERATORS[operator];
  const last = operands.length - 1;
  return operands.flatMap((operand, index): Work[] => {
    const isOuter = level === left ? index === 0 : index < last;
    const place = fit.place(
      operand,
      isOuter ? left : right,
      indent,
      fit.width - (index === 0 ? 0 : operator.length + 1),
    );
    return index === 0 ? [place] : [`${line(indent)}${operator} `, place];
  });
}
