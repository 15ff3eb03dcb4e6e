import {
  DELIMITED,
  flatText,
  inheritHead,
  joinPieces,
  leafText,
  needsParens,
  pathPieces,
  unaryHead,
  unaryLevel,
} from "./flat";
import { type Chain, chainOf, isAbsorbable, isSimple, mustBreak, prefersIndented, simpleFormals } from "./layout-rules";
import { functionLevel, LEVEL, OPERATORS } from "./precedence";
import { quoteName } from "./names";
import { escapeIndented } from "./strings";
import type {
  BinaryNode,
  Binding,
  BindNode,
  CallNode,
  IfNode,
  InheritNode,
  LambdaNode,
  NixNode,
  Parameter,
  StrNode,
} from "./tree";

/** Settings of the pretty layout. */
export interface PrettyOptions {
  readonly allParens: boolean;
  /** Characters in a line, not counting its indentation. */
  readonly width: number;
}

/** An expression that is still to be written. */
interface Pending {
  readonly node: NixNode;
  /** How tightly its place demands it to hold together; DELIMITED when it must not get parentheses. */
  readonly level: number;
  /** Indentation of the line that it begins on. */
  readonly indent: number;
  /** Characters that are left on that line; 0 when it is known not to fit. */
  readonly room: number;
}
type Work = string | Pending;

/** Deeper lines are not indented further, so that the text stays linear in the size of the tree. */
const DEEPEST = 100;

const INDENTS = Array.from({ length: DEEPEST + 1 }, (_, depth) => "  ".repeat(depth));

/** The white space that begins a line. */
function margin(indent: number): string {
  return INDENTS[Math.min(indent, DEEPEST)]!;
}

function line(indent: number): string {
  return `\n${margin(indent)}`;
}

/** The pretty layout: one run keeps its own stack, so that deep trees cannot overflow JavaScript's. */
export class Pretty {
  private readonly options: PrettyOptions;
  private readonly stack: Work[] = [];
  private readonly chunks: string[] = [];
  private text = "";

  constructor(options: PrettyOptions) {
    this.options = options;
  }

  run(root: NixNode): string {
    this.schedule(isModuleFunction(root) ? this.header(root) : [this.pending(root, DELIMITED, 0)]);
    for (let work = this.stack.pop(); work !== undefined; work = this.stack.pop()) {
      if (typeof work === "string") this.write(work);
      else this.expand(work);
    }
    this.chunks.push(this.text);
    return this.chunks.join("");
  }

  private write(text: string): void {
    this.text += text;
    if (this.text.length > 65536) {
      this.chunks.push(this.text);
      this.text = "";
    }
  }

  private schedule(works: readonly Work[]): void {
    for (let index = works.length - 1; index >= 0; index--) this.stack.push(works[index]!);
  }

  private pending(node: NixNode, level: number, indent: number, room = this.options.width): Pending {
    return { node, level, indent, room };
  }

  /** `node` over several lines. It is scheduled and not written at once, so that nothing recurses. */
  private unfit(node: NixNode, indent: number): Pending {
    return { node, level: DELIMITED, indent, room: 0 };
  }

  /** The text of `node` when it may and does fit `room` characters of one line. */
  private fitting(node: NixNode, level: number, room: number): string | undefined {
    if (room <= 0) return undefined;
    return flatText(node, level, { allParens: this.options.allParens, mustBreak, room });
  }

  private needsParens(node: NixNode, level: number): boolean {
    return needsParens(node, level, this.options.allParens);
  }

  private expand({ node, level, indent, room }: Pending): void {
    const flat = this.leaf(node, level) ?? this.fitting(node, level, room);
    if (flat !== undefined) this.write(flat);
    else if (this.needsParens(node, level)) this.schedule(this.parens(node, indent));
    else this.schedule(this.broken(node, indent));
  }

  /** `node` in parentheses over several lines, as a list item or operand. */
  private parens(node: NixNode, indent: number): Work[] {
    if (isAbsorbable(node)) return ["(", this.unfit(node, indent), ")"];
    if (node.kind === "call") {
      const absorbed = this.absorbingCall(node, indent, this.options.width - 1);
      if (absorbed !== undefined) return ["(", ...absorbed, ")"];
    }
    return this.openParens(node, indent);
  }

  /** `node` on lines of its own between parentheses. */
  private openParens(node: NixNode, indent: number): Work[] {
    return [`(${line(indent + 1)}`, this.pending(node, DELIMITED, indent + 1), `${line(indent)})`];
  }

  /** `node` over several lines, the first one beginning where the text stands. */
  private broken(node: NixNode, indent: number): Work[] {
    switch (node.kind) {
      case "attrs":
        return [node.rec ? "rec {" : "{", ...this.bindings(node.bindings, indent + 1), `${line(indent)}}`];
      case "list":
        return ["[", ...this.items(node.items, indent + 1), `${line(indent)}]`];
      case "str":
        return prefersIndented(node) ? this.indentedString(node, indent) : [this.flat(node)];
      case "call":
        return this.absorbingCall(node, indent, this.options.width) ?? this.steppedCall(node, indent);
      case "lambda":
        return this.lambda(node, indent);
      case "let":
        return [
          "let",
          ...this.bindings(node.bindings, indent + 1),
          `${line(indent)}in`,
          ...this.ownLine(node.body, LEVEL.open, indent),
        ];
      case "with": {
        const separator =
          isAbsorbable(node.body) && node.body.kind !== "with" && node.body.kind !== "lambda" ? " " : line(indent);
        return [
          "with ",
          this.pending(node.scope, LEVEL.open, indent),
          `;${separator}`,
          this.pending(node.body, LEVEL.open, indent),
        ];
      }
      case "if":
        return this.conditional(node, indent);
      case "assert":
        return [
          "assert ",
          this.pending(node.condition, LEVEL.open, indent),
          ";",
          ...this.ownLine(node.body, LEVEL.open, indent),
        ];
      case "binary":
        return this.operators(this.chain(node), indent);
      case "has":
        return [
          this.pending(node.base, LEVEL.negate, indent, 0),
          ` ? ${joinPieces(pathPieces(node.path), this.options.allParens)}`,
        ];
      case "unary":
        return [unaryHead(node), this.pending(node.operand, unaryLevel(node), indent, 0)];
      case "select": {
        const path = `.${joinPieces(pathPieces(node.path), this.options.allParens)}`;
        const base = this.pending(node.base, LEVEL.atom, indent, 0);
        return node.default === undefined
          ? [base, path]
          : [base, `${path} or `, this.pending(node.default, LEVEL.select, indent, 0)];
      }
      default:
        return [this.flat(node)];
    }
  }

  private flat(node: NixNode): string {
    return flatText(node, DELIMITED, { allParens: this.options.allParens })!;
  }

  private ownLine(node: NixNode, level: number, indent: number): Work[] {
    return [line(indent), this.pending(node, level, indent)];
  }

  private items(items: readonly NixNode[], indent: number): Work[] {
    const works: Work[] = [];
    let text = "";
    for (const item of items) {
      text += line(indent);
      const leaf = this.leaf(item, LEVEL.argument);
      if (leaf !== undefined) text += leaf;
      else {
        works.push(text, this.pending(item, LEVEL.argument, indent));
        text = "";
      }
    }
    works.push(text);
    return works;
  }

  /** The text of a node that has no parts and so is never broken; undefined for all others. */
  private leaf(node: NixNode, level: number): string | undefined {
    if (node.kind === "str" && prefersIndented(node)) return undefined;
    const leaf = leafText(node);
    return leaf !== undefined && this.needsParens(node, level) ? `(${leaf})` : leaf;
  }

  private bindings(bindings: readonly Binding[], indent: number): Work[] {
    const works: Work[] = [];
    let text = "";
    bindings.forEach((binding, index) => {
      if (binding.gap && index > 0) text += "\n";
      if (binding.comment !== undefined) text += commentLines(binding.comment, indent);
      text += line(indent);
      const end = binding.remark === undefined ? ";" : `; ${oneLineComment(binding.remark)}`;
      const leaf = binding.kind === "bind" ? this.leafBinding(binding) : undefined;
      if (leaf !== undefined) {
        text += leaf + end;
      } else {
        works.push(
          text,
          ...(binding.kind === "bind" ? this.binding(binding, indent) : [this.inherit(binding, indent)]),
        );
        text = end;
      }
    });
    if (text !== "") works.push(text);
    return works;
  }

  /** `name = 1`: the common case, decided without looking at the room, since a leaf is never broken. */
  private leafBinding({ path, value }: BindNode): string | undefined {
    const leaf = this.leaf(value, LEVEL.open);
    return leaf === undefined ? undefined : `${this.pathOf(path)} = ${leaf}`;
  }

  private pathOf(path: BindNode["path"]): string {
    const first = path[0]!;
    if (path.length === 1 && typeof first === "string") return quoteName(first);
    return joinPieces(pathPieces(path), this.options.allParens);
  }

  private binding({ path, value }: BindNode, indent: number): Work[] {
    const head = `${this.pathOf(path)} =`;
    const room = this.options.width - head.length - 2;
    if (this.needsParens(value, LEVEL.open)) return [`${head} `, this.pending(value, LEVEL.open, indent, room)];
    const sameLine = this.sameLine(value, indent, room);
    return sameLine === undefined
      ? [head, line(indent + 1), this.pending(value, LEVEL.open, indent + 1, this.options.width - 1)]
      : [`${head} `, ...sameLine];
  }

  /** The right side of a binding when it begins behind the `=`; undefined when it must go to a line of its own. */
  private sameLine(value: NixNode, indent: number, room: number): Work[] | undefined {
    const flat = this.fitting(value, LEVEL.open, room);
    if (flat !== undefined) return [flat];
    if (isAbsorbable(value) || value.kind === "str") return [this.unfit(value, indent)];
    if (value.kind === "call") return isSimple(value) ? [this.flat(value)] : this.absorbingCall(value, indent, room);
    if (value.kind !== "binary" || !["//", "++", "+"].includes(value.operator)) return undefined;
    const chain = this.chain(value);
    if (isAbsorbable(chain.operands[0]!)) return this.operators(chain, indent);
    const right = value.right;
    const left = this.fitting(value.left, OPERATORS[value.operator].left, room - value.operator.length - 3);
    if (left === undefined || !isAbsorbable(right) || right.kind === "lambda" || right.kind === "with")
      return undefined;
    return [`${left} ${value.operator} `, this.pending(right, OPERATORS[value.operator].right, indent, 0)];
  }

  private inherit({ names, from }: InheritNode, indent: number): string {
    const head = joinPieces(inheritHead(from), this.options.allParens);
    const quoted = names.map(quoteName);
    const flat = [head, ...quoted].join(" ");
    if (names.length < 4 && flat.length < this.options.width) return flat;
    return [head, ...quoted, ""].join(line(indent + 1));
  }

  private indentedString(node: StrNode, indent: number): Work[] {
    const inner = margin(indent + 1);
    let text = "''\n";
    let lineStart = true;
    for (const part of node.parts) {
      if (typeof part === "string") {
        text += escapeIndented(part, inner, lineStart);
        lineStart = part.endsWith("\n");
      } else {
        text += `${lineStart ? inner : ""}\${${flatText(part, LEVEL.open, { allParens: this.options.allParens })}}`;
        lineStart = false;
      }
    }
    return [`${text}${margin(indent)}''`];
  }

  /** A call on one line except for ONE argument that is broken, the last one if possible; undefined when that does not fit. */
  private absorbingCall(node: CallNode, indent: number, room: number): Work[] | undefined {
    const fn = this.fitting(node.fn, functionLevel(node.fn), room);
    if (fn === undefined) return undefined;
    const flats = node.args.map((arg) => this.fitting(arg, LEVEL.argument, room));
    const unfit = flats.flatMap((flat, index) => (flat === undefined ? [index] : []));
    if (unfit.length > 1) return undefined;
    const lengths = flats.map((flat) => (flat?.length ?? 0) + 1);
    const last = node.args.length - 1;
    let before = fn.length + lengths.reduce((sum, length) => sum + length, 0);
    let after = 0;
    for (let index = last; index >= 0; after += lengths[index--]!) {
      before -= lengths[index]!;
      if (after >= this.options.width) return undefined;
      if (before + 3 > room || (unfit.length === 1 && unfit[0] !== index)) continue;
      const opened = this.openedArgument(node.args[index]!, indent, index === last);
      if (opened === undefined) continue;
      return [
        `${[fn, ...flats.slice(0, index)].join(" ")} `,
        ...opened,
        flats
          .slice(index + 1)
          .map((flat) => ` ${flat}`)
          .join(""),
      ];
    }
    return undefined;
  }

  /** An argument whose first line is a mere opening bracket; undefined when it has none. */
  private openedArgument(arg: NixNode, indent: number, last: boolean): Work[] | undefined {
    if (!this.needsParens(arg, LEVEL.argument)) {
      return isAbsorbable(arg) ? [this.unfit(arg, indent)] : undefined;
    }
    const shortHead =
      (arg.kind === "lambda" &&
        typeof arg.parameter === "string" &&
        arg.body.kind !== "lambda" &&
        arg.body.kind !== "with") ||
      (arg.kind === "call" && arg.fn.kind === "id" && arg.args.length === 1);
    const inner = arg.kind === "lambda" ? arg.body : arg.kind === "call" ? arg.args[0]! : arg;
    if (last && shortHead && isAbsorbable(inner)) return ["(", this.unfit(arg, indent), ")"];
    return isSimple(arg) ? undefined : this.openParens(arg, indent);
  }

  /** A call with as many arguments on its first line as fit, and each other one on a line of its own. */
  private steppedCall(node: CallNode, indent: number): Work[] {
    const works: Work[] = [this.pending(node.fn, functionLevel(node.fn), indent)];
    let head = this.fitting(node.fn, functionLevel(node.fn), this.options.width);
    for (const arg of node.args) {
      const flat =
        head === undefined ? undefined : this.fitting(arg, LEVEL.argument, this.options.width - head.length - 1);
      head = flat === undefined ? undefined : `${head} ${flat}`;
      works.push(...(flat === undefined ? this.ownLine(arg, LEVEL.argument, indent + 1) : [` ${flat}`]));
    }
    return works;
  }

  /** A function; a chain of functions is written at once, so that asking for its body stays cheap. */
  private lambda(node: LambdaNode, indent: number): Work[] {
    const works: Work[] = [];
    let body: NixNode = node;
    let names = 0;
    while (body.kind === "lambda" && (names === 0 || !this.needsParens(body, LEVEL.open))) {
      if (names > 0)
        works.push(typeof body.parameter === "string" || simpleFormals(body.parameter) ? " " : line(indent));
      works.push(...this.parameter(body.parameter, indent), ":");
      body = body.body;
      names += 1;
    }
    const separator = isAbsorbable(body) && !this.needsParens(body, LEVEL.open) ? " " : line(indent);
    return [...works, separator, this.pending(body, LEVEL.open, indent, separator === " " ? 0 : this.options.width)];
  }

  /** The function that a whole file is: its body begins on the next line. */
  private header(node: LambdaNode): Work[] {
    return [...this.parameter(node.parameter, 0), ":", line(0), this.pending(node.body, LEVEL.open, 0)];
  }

  private parameter(parameter: Parameter, indent: number): Work[] {
    if (typeof parameter === "string") return [parameter];
    const alias = parameter.alias === undefined ? "" : `@${parameter.alias}`;
    const names = [...parameter.formals.map(({ name }) => name), ...(parameter.ellipsis ? ["..."] : [])];
    if (simpleFormals(parameter)) return [names.length === 0 ? `{ }${alias}` : `{ ${names.join(", ")} }${alias}`];
    const works: Work[] = ["{"];
    for (const formal of parameter.formals) {
      works.push(line(indent + 1), formal.name);
      if (formal.default !== undefined)
        works.push(
          " ? ",
          this.pending(formal.default, LEVEL.open, indent + 1, this.options.width - formal.name.length - 4),
        );
      works.push(",");
    }
    if (parameter.ellipsis) works.push(line(indent + 1), "...");
    return [...works, line(indent), `}${alias}`];
  }

  private conditional(node: IfNode, indent: number): Work[] {
    const works: Work[] = [];
    let rest: NixNode = node;
    while (rest.kind === "if" && (rest === node || !this.needsParens(rest, LEVEL.open))) {
      const condition = this.fitting(rest.condition, LEVEL.open, this.options.width - 8);
      if (rest !== node) works.push(" ");
      if (condition === undefined)
        works.push("if", ...this.ownLine(rest.condition, LEVEL.open, indent + 1), line(indent), "then");
      else works.push(`if ${condition} then`);
      works.push(...this.ownLine(rest.consequence, LEVEL.open, indent + 1), line(indent), "else");
      rest = rest.alternative;
    }
    return [...works, ...this.ownLine(rest, LEVEL.open, indent + 1)];
  }

  /** Joined operands share one level of lines, unless each of them has its own parentheses. */
  private chain(node: BinaryNode): Chain {
    return this.options.allParens ? { operator: node.operator, operands: [node.left, node.right] } : chainOf(node);
  }

  /** Operands one below the other, each with its operator in front. */
  private operators({ operator, operands }: Chain, indent: number): Work[] {
    const { level, left, right } = OPERATORS[operator];
    const works: Work[] = [];
    operands.forEach((operand, index) => {
      const demanded = level === left ? (index === 0 ? left : right) : index === operands.length - 1 ? right : left;
      if (index === 0) works.push(this.pending(operand, demanded, indent));
      else
        works.push(
          `${line(indent)}${operator} `,
          this.pending(operand, demanded, indent, this.options.width - operator.length - 1),
        );
    });
    return works;
  }
}

function isModuleFunction(node: NixNode): node is LambdaNode {
  return node.kind === "lambda" && typeof node.parameter !== "string";
}

export function commentLines(text: string, indent: number): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((part) => `${line(indent)}${oneLineComment(part)}`)
    .join("");
}

/** A `#` comment; only a line break could end it, so line breaks become spaces. */
function oneLineComment(text: string): string {
  return `# ${text.replace(/[\r\n]+/g, " ")}`.trimEnd();
}
