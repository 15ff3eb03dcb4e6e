import { describeValue, NixError } from "./error";
import { fitsPathLiteral } from "./paths";
import type { NixNode } from "./tree";

/** The type of an option: whether a value that is known before evaluation fits, and what to say when it does not. */
export type OptionType =
  | { readonly kind: "word"; readonly name: Word }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "between"; readonly low: number; readonly high: number }
  | { readonly kind: "list" | "attrs"; readonly of: OptionType }
  | { readonly kind: "either"; readonly types: readonly OptionType[] };

type Word = keyof typeof WORDS;

/** What each type word accepts; nodes that are computed by Nix never get here. */
const WORDS = {
  any: () => true,
  null: (node: NixNode) => node.kind === "null",
  bool: (node: NixNode) => node.kind === "bool",
  int: (node: NixNode) => node.kind === "int",
  unsigned: (node: NixNode) => node.kind === "int" && node.value >= 0n,
  port: (node: NixNode) => node.kind === "int" && node.value >= 0n && node.value <= 65535n,
  float: (node: NixNode) => node.kind === "float",
  string: (node: NixNode) => node.kind === "str",
  /** A string without line breaks. */
  line: (node: NixNode) => matches(node, /^[^\n\r]*$/),
  /** Text that is joined line by line with that of other definitions. */
  lines: (node: NixNode) => node.kind === "str",
  /** An absolute path, as a literal or as text. */
  path: (node: NixNode) => fitsPathLiteral(node) || matches(node, /^\//),
  /** A derivation: never a literal. */
  package: () => false,
  attrs: (node: NixNode) => node.kind === "attrs",
  /** A size as systemd writes it, as text. */
  bytes: (node: NixNode) => matches(node, /^[0-9]+[KMGT]?$/),
  /** The name of a systemd unit, with its suffix. */
  unit: (node: NixNode) =>
    matches(
      node,
      /^[a-zA-Z0-9@%:_.\\-]+\.(?:service|socket|device|mount|automount|swap|target|path|timer|scope|slice)$/,
    ),
  /** A module parameter of a kernel: no blanks outside of double quotes. */
  parameter: (node: NixNode) => matches(node, /^(?:[^\s"]|"[^"]*")*$/),
} as const;

/** A computed part is unknown; the part of a string that is known is not enough to refuse it. */
function matches(node: NixNode, pattern: RegExp): boolean {
  if (node.kind !== "str") return false;
  if (node.parts.some((part) => typeof part !== "string")) return true;
  return pattern.test(node.parts.join(""));
}

/**
 * Reads a type: words (`bool`, `int`, `unsigned`, `port`, `string`, `lines`, `path`, `package`, `bytes`, `unit`, `attrs`,
 * `any`, `null` …), texts in double quotes, `int between 1 4094`, `list of T`, `attrs of T`, alternatives joined by `or`, and
 * parentheses: `null or int between 0 65535`, `list of (string or int)`.
 *
 * @throws NixError when the text is not an option type
 */
export function optionType(text: string): OptionType {
  const known = PARSED.get(text);
  if (known !== undefined) return known;
  const tokens = text.match(/"[^"]*"|[()]|[^\s()"]+/g) ?? [];
  const type = readEither(tokens, text);
  if (tokens.length > 0) return refuse(text);
  PARSED.set(text, type);
  return type;
}

const PARSED = new Map<string, OptionType>();

function readEither(tokens: string[], text: string): OptionType {
  const types = [readOne(tokens, text)];
  while (tokens[0] === "or") {
    tokens.shift();
    types.push(readOne(tokens, text));
  }
  return types.length === 1 ? types[0]! : { kind: "either", types };
}

function readOne(tokens: string[], text: string): OptionType {
  const token = tokens.shift();
  if (token === undefined) return refuse(text);
  if (token === "(") {
    const inner = readEither(tokens, text);
    return tokens.shift() === ")" ? inner : refuse(text);
  }
  if ((token === "list" || token === "attrs") && tokens[0] === "of") {
    tokens.shift();
    return { kind: token, of: readOne(tokens, text) };
  }
  if (token === "int" && tokens[0] === "between") {
    const [, low, high] = tokens.splice(0, 3);
    return { kind: "between", low: Number(low), high: Number(high) };
  }
  if (token.startsWith('"')) return { kind: "text", text: token.slice(1, -1) };
  return Object.hasOwn(WORDS, token) ? { kind: "word", name: token as Word } : refuse(text);
}

function refuse(text: string): never {
  throw new NixError({
    path: "option type",
    what: "is not an option type",
    value: text,
    accepted: Object.keys(WORDS).join(", "),
  });
}

/** One part of a value that does not fit its type. */
export interface Misfit {
  readonly path: readonly (string | number)[];
  readonly value: string;
}

/** The parts of `node` that do not fit; whatever Nix computes is taken to fit. */
export function misfits(node: NixNode, type: OptionType, path: readonly (string | number)[] = []): Misfit[] {
  if (isComputed(node) || (type.kind === "word" && type.name === "any")) return [];
  if (type.kind === "list" && node.kind === "list") {
    return node.items.flatMap((item, index) => misfits(item, type.of, [...path, index]));
  }
  if (type.kind === "attrs" && node.kind === "attrs") {
    return node.bindings.flatMap((binding) => {
      const [name, ...deeper] = binding.kind === "bind" ? binding.path : [];
      if (binding.kind !== "bind" || deeper.length > 0 || typeof name !== "string") return [];
      return misfits(binding.value, type.of, [...path, name]);
    });
  }
  if (type.kind === "either") {
    const all = type.types.map((one) => misfits(node, one, path));
    // The alternative that went deepest says best what is wrong.
    return all.some((found) => found.length === 0) ? [] : all.reduce(deeper);
  }
  return fits(node, type) ? [] : [{ path, value: shown(node) }];
}

function deeper(a: Misfit[], b: Misfit[]): Misfit[] {
  return b[0]!.path.length > a[0]!.path.length ? b : a;
}

function fits(node: NixNode, type: OptionType): boolean {
  switch (type.kind) {
    case "word":
      return WORDS[type.name](node);
    case "text":
      return node.kind === "str" && node.parts.join("") === type.text;
    case "between":
      return node.kind === "int" && node.value >= type.low && node.value <= type.high;
    default:
      return false;
  }
}

const LITERALS: ReadonlySet<string> = new Set(["null", "bool", "int", "float", "str", "path", "list", "attrs"]);

/** Whether only evaluation can tell what `node` is. */
export function isComputed(node: NixNode): boolean {
  return !LITERALS.has(node.kind) && !fitsPathLiteral(node);
}

/** A literal in messages. */
export function shown(node: NixNode): string {
  switch (node.kind) {
    case "str":
      return describeValue(node.parts.map((part) => (typeof part === "string" ? part : "${…}")).join(""));
    case "bool":
    case "float":
      return String(node.value);
    case "int":
      return node.value.toString();
    case "null":
      return "null";
    case "path":
      return node.text;
    case "list":
      return `a list of ${node.items.length}`;
    default:
      return node.kind === "attrs" ? "a set" : `a ${node.kind} node`;
  }
}
