import {
  type Binding,
  type BindingNotes,
  type BinaryOperator,
  nix,
  type NixNode,
  toNix,
} from "../../../lib/nix-ts-builder";
import type { PathStep } from "../../../lib/nix-ts-builder";
import { OPERATORS } from "../../../lib/nix-ts-builder/precedence";
import { Scanner } from "./scanner";
import { readIndentedString, readQuotedString } from "./strings";

const KEYWORD = /(?:if|then|else|assert|with|let|in|rec|inherit|or)(?![\w'-])/y;
const WORD = /[A-Za-z_][A-Za-z0-9_'-]*/y;
const URI = /[a-zA-Z][a-zA-Z0-9+.-]*:[a-zA-Z0-9%/?:@&=+$,\-_.!~*']+/y;
const PATH = /(?:[a-zA-Z0-9._+-]*|~)(?:\/[a-zA-Z0-9._+-]+)+|<[a-zA-Z0-9._+-]+(?:\/[a-zA-Z0-9._+-]+)*>/y;
const FLOAT = /(?:[1-9][0-9]*\.[0-9]*|0?\.[0-9]+)(?:[Ee][+-]?[0-9]+)?/y;
const OPERATOR = /->|\|\||&&|==|!=|<=|>=|<|>|\/\/|\+\+|\+|-|\*|\//y;

/** A small Nix parser for tests: it makes our trees from text, so that torture texts and printed texts can be read back. */
export function parse(text: string): { node: NixNode; header?: string } {
  const scanner = new Scanner(text);
  const header = scanner.match(/(?:#[^\n]*\n)+/y);
  const node = expression(scanner);
  scanner.skip();
  if (scanner.at < text.length) scanner.fail("expected the end");
  return header === undefined ? { node } : { node, header: header.trimEnd().replaceAll(/^# ?/gm, "") };
}

function expression(s: Scanner): NixNode {
  if (s.take("if")) {
    const condition = expression(s);
    s.expect("then");
    const consequence = expression(s);
    s.expect("else");
    return nix.if(condition, consequence, expression(s));
  }
  if (s.take("assert")) return afterSemicolon(s, nix.assert);
  if (s.take("with")) return afterSemicolon(s, nix.with);
  if (s.take("let")) {
    const list = bindings(s, "in");
    return nix.let(list, expression(s));
  }
  return s.attempt(() => lambda(s)) ?? operation(s, 0);
}

function afterSemicolon(s: Scanner, build: (head: NixNode, body: NixNode) => NixNode): NixNode {
  const head = expression(s);
  s.expect(";");
  return build(head, expression(s));
}

function lambda(s: Scanner): NixNode | undefined {
  s.skip();
  if (s.peek(URI) !== undefined) return undefined;
  const name = s.peek(KEYWORD) === undefined ? s.match(WORD) : undefined;
  if (name !== undefined && s.take(":")) return nix.fn(name, expression(s));
  if (name !== undefined && !s.take("@")) return undefined;
  if (!s.take("{")) return undefined;
  const args: [string, NixNode | undefined][] = [];
  let open = false;
  while (!s.take("}")) {
    if (s.take("...")) open = true;
    else {
      s.skip();
      const arg = s.match(WORD);
      if (arg === undefined) return undefined;
      const hasDefault = s.take("?");
      if (!hasDefault && !s.sees(",") && !s.sees("}")) return undefined;
      args.push([arg, hasDefault ? expression(s) : undefined]);
    }
    if (!s.take(",") && !s.sees("}")) return undefined;
  }
  s.skip();
  const alias = name ?? (s.take("@") ? s.match(WORD) : undefined);
  if (!s.take(":")) return undefined;
  return nix.fn({ args: Object.fromEntries(args), open, ...(alias !== undefined && { alias }) }, expression(s));
}

function operation(s: Scanner, least: number): NixNode {
  let left = operand(s);
  for (;;) {
    s.skip();
    if (s.peek(/\?/y) !== undefined && least <= 12) {
      s.at += 1;
      left = nix.has(left, ...attrPath(s));
      continue;
    }
    const operator = s.peek(OPERATOR) as BinaryOperator | undefined;
    if (operator === undefined || OPERATORS[operator].level < least) return left;
    s.at += operator.length;
    left = nix.op(operator, left, operation(s, OPERATORS[operator].right));
  }
}

function operand(s: Scanner): NixNode {
  if (s.take("-")) {
    const inner = operation(s, 13);
    return (inner.kind === "int" || inner.kind === "float") && inner.value > 0 ? negative(inner) : nix.neg(inner);
  }
  if (!s.sees("!=") && s.take("!")) return nix.not(operation(s, 8));
  const fn = select(s);
  if (fn === undefined) s.fail("expected an expression");
  const args: NixNode[] = [];
  for (let arg = select(s); arg !== undefined; arg = select(s)) args.push(arg);
  return args.length === 0 ? fn! : nix.call(fn!, args[0]!, ...args.slice(1));
}

function negative(node: NixNode & { kind: "int" | "float" }): NixNode {
  return node.kind === "int" ? nix.int(-node.value) : nix.float(-node.value);
}

function select(s: Scanner): NixNode | undefined {
  const base = simple(s);
  if (base === undefined || s.sees("...") || !dot(s)) return base;
  const path = attrPath(s);
  if (!s.take("or")) return nix.get(base, ...path);
  const fallback = select(s);
  return nix.getOr(base, path, fallback!);
}

function simple(s: Scanner): NixNode | undefined {
  s.skip();
  if (s.take("rec")) {
    s.expect("{");
    return nix.attrs(bindings(s, "}"), { rec: true });
  }
  if (s.peek(KEYWORD) !== undefined) return undefined;
  const path = s.match(PATH);
  if (path !== undefined) return nix.path(path);
  const uri = s.match(URI);
  if (uri !== undefined) return nix.str(uri);
  const float = s.match(FLOAT);
  if (float !== undefined) return nix.float(Number(float));
  const int = s.match(/[0-9]+/y);
  if (int !== undefined) return nix.int(BigInt(int));
  const word = s.match(WORD);
  if (word !== undefined) return literal(word);
  if (s.sees("''")) return readIndentedString(s, expression);
  if (s.sees('"')) return readQuotedString(s, expression);
  if (s.take("(")) {
    const inner = expression(s);
    s.expect(")");
    return inner;
  }
  if (s.take("[")) {
    const items: NixNode[] = [];
    while (!s.take("]")) items.push(select(s) ?? s.fail("expected a list item"));
    return nix.list(items);
  }
  return s.take("{") ? nix.attrs(bindings(s, "}")) : undefined;
}

function literal(word: string): NixNode {
  const values: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };
  return Object.hasOwn(values, word) ? toNix(values[word]!) : nix.id(word);
}

function attrPath(s: Scanner): PathStep[] {
  const steps: PathStep[] = [];
  do {
    s.skip();
    if (s.sees('"')) steps.push(readQuotedString(s, expression));
    else if (s.take("${")) {
      steps.push(expression(s));
      s.expect("}");
    } else steps.push(s.match(WORD) ?? s.fail("expected a name"));
  } while (dot(s));
  return steps;
}

/** Takes the dot of a select; one that begins a path is left alone. */
function dot(s: Scanner): boolean {
  s.skip();
  return s.peek(PATH) === undefined && s.take(".");
}

function bindings(s: Scanner, end: string): Binding[] {
  const list: Binding[] = [];
  for (;;) {
    const before = s.match(/(?:\s+|#[^\n]*)*/y) ?? "";
    if (s.take(end)) return list;
    const notes: { -readonly [K in keyof BindingNotes]: BindingNotes[K] } = {};
    const comment = [...before.matchAll(/# ?([^\n]*)/g)].map((match) => match[1]).join("\n");
    if (comment !== "") notes.comment = comment;
    if (/^\s*\n\s*\n/.test(before) && list.length > 0) notes.gap = true;
    if (s.take("inherit")) {
      const from = s.take("(") ? expression(s) : undefined;
      if (from !== undefined) s.expect(")");
      const names: string[] = [];
      for (s.skip(); !s.sees(";"); s.skip())
        names.push(s.sees('"') ? stringName(s) : (s.match(WORD) ?? s.fail("expected a name")));
      s.expect(";");
      list.push(nix.inherit(names, from, { ...notes, ...remark(s) }));
    } else {
      const path = attrPath(s);
      s.expect("=");
      const value = expression(s);
      s.expect(";");
      list.push(nix.bind(path, value, { ...notes, ...remark(s) }));
    }
  }
}

function remark(s: Scanner): BindingNotes {
  const found = s.match(/[ \t]*#[^\n]*/y);
  return found === undefined ? {} : { remark: found.trim().replace(/^# ?/, "") };
}

function stringName(s: Scanner): string {
  const node = readQuotedString(s, expression);
  return node.kind === "str" ? node.parts.join("") : "";
}
