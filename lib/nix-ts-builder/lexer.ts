import { NixError } from "./error";
import { isVariable } from "./names";
import { stringFault } from "./strings";

/** What raw text was found to be. */
export interface RawText {
  /** One name, string or bracketed group, which needs no parentheses in any place. */
  readonly atom: boolean;
  /** The words of the text outside strings that are not attribute names after a dot. */
  readonly names: readonly string[];
}

/** What is open at some point of the text: a bracket that waits for its partner, or a kind of string. */
type Open = ")" | "]" | "}" | '"' | "''";

const CLOSERS: Readonly<Record<string, Open>> = { "(": ")", "[": "]", "{": "}" };

// The token patterns of Nix's own lexer; where several match, the longest one wins.
const PATTERNS: readonly RegExp[] = [
  /[a-zA-Z_][a-zA-Z0-9_'-]*/y,
  /[0-9]+/y,
  /(?:[1-9][0-9]*\.[0-9]*|0?\.[0-9]+)(?:[Ee][+-]?[0-9]+)?/y,
  /[a-zA-Z0-9._+-]*(?:\/[a-zA-Z0-9._+-]+)+\/?/y,
  /~(?:\/[a-zA-Z0-9._+-]+)+\/?/y,
  /<[a-zA-Z0-9._+-]+(?:\/[a-zA-Z0-9._+-]+)*>/y,
  /[a-zA-Z][a-zA-Z0-9+.-]*:[a-zA-Z0-9%/?:@&=+$,\-_.!~*']+/y,
];
const WORD = PATTERNS[0]!;
const BLANK = /[ \t\r\n]+/y;
const OPERATOR = /\.\.\.|\$\{|==|!=|<=|>=|&&|\|\||->|\/\/|\+\+|[-+*/!<>=?:;,.@]/y;

/**
 * Reads Nix text far enough to know that it stays within the parentheses that the printer puts around it: brackets,
 * strings and comments are closed, in the right order, by the text itself.
 *
 * @throws NixError saying what is left open or closes too much
 */
export function readRaw(text: string): RawText {
  return new Lexer(text).read();
}

/** The words of raw text that may be variables. */
export function rawNames(text: string): readonly string[] {
  return readRaw(text).names;
}

class Lexer {
  private readonly text: string;
  private at = 0;
  private readonly open: Open[] = [];
  private readonly names: string[] = [];
  /** Tokens outside all brackets; a bracketed group or a string counts as one. */
  private outerTokens = 0;
  private outerAtom = false;
  private afterDot = false;

  constructor(text: string) {
    this.text = text;
  }

  read(): RawText {
    const fault = stringFault(this.text);
    if (fault !== undefined) this.refuse(fault);
    while (this.at < this.text.length) {
      const inside = this.open.at(-1);
      if (inside === '"') this.readQuoted();
      else if (inside === "''") this.readIndented();
      else this.readToken();
    }
    const missing = this.open.at(-1);
    if (missing !== undefined) this.refuse(`ends before ${missing} closes what it opened`);
    if (this.outerTokens === 0) this.refuse("holds no expression");
    return { atom: this.outerTokens === 1 && this.outerAtom, names: this.names };
  }

  private readToken(): void {
    if (this.match(BLANK) !== undefined || this.readComment()) return;
    const two = this.text.slice(this.at, this.at + 2);
    const char = two[0]!;
    if (char === '"') this.begin('"', 1);
    else if (two === "''") this.begin("''", 2);
    else if (char in CLOSERS) this.begin(CLOSERS[char]!, 1);
    else if (two === "${") this.begin("}", 2);
    else if (char === ")" || char === "]" || char === "}") this.end(char, 1);
    else this.readWord();
  }

  private readWord(): void {
    let longest = "";
    let isWord = false;
    for (const pattern of PATTERNS) {
      const found = this.peek(pattern) ?? "";
      if (found.length > longest.length) {
        longest = found;
        isWord = pattern === WORD;
      }
    }
    const token = longest !== "" ? longest : this.peek(OPERATOR);
    if (token === undefined)
      this.refuse(`holds the character ${JSON.stringify(this.text[this.at])}, which begins no token`);
    if (isWord && !this.afterDot) this.names.push(token!);
    this.count(isWord && isVariable(token!));
    this.afterDot = token === ".";
    this.at += token!.length;
  }

  /** Reads a comment; one that runs to the end of the text would swallow what the printer writes behind it. */
  private readComment(): boolean {
    const line = this.text[this.at] === "#";
    if (!line && !this.text.startsWith("/*", this.at)) return false;
    const rest = line ? this.text.slice(this.at).search(/[\r\n]/) : this.text.indexOf("*/", this.at + 2) - this.at;
    if (rest < 0) this.refuse(`ends inside a ${line ? "#" : "/*"} comment`);
    this.at += rest + (line ? 1 : 2);
    return true;
  }

  private readQuoted(): void {
    const next = this.text[this.at + 1];
    switch (this.text[this.at]) {
      case '"':
        this.end('"', 1);
        return;
      case "\\":
        this.at += 2;
        return;
      case "$":
        if (next === "{") {
          this.begin("}", 2);
          return;
        }
        // A dollar takes the next character with it, except the quote that ends the string; `$\x` is `$` and an escape.
        this.at += next === '"' ? 1 : next === "\\" ? 3 : 2;
        return;
      default:
        this.at += 1;
    }
  }

  private readIndented(): void {
    const three = this.text.slice(this.at, this.at + 3);
    if (three.startsWith("''")) {
      if (three === "'''" || three === "''$") this.at += 3;
      else if (three === "''\\") this.at += 4;
      else this.end("''", 2);
    } else if (three.startsWith("${")) {
      this.begin("}", 2);
    } else if (three[0] === "$" && three[1] !== "'") {
      this.at += 2;
    } else if (three[0] === "'" && three[1] !== "$") {
      this.at += 2;
    } else {
      this.at += 1;
    }
  }

  private begin(closer: Open, length: number): void {
    this.count(closer !== "}" || length === 1);
    this.open.push(closer);
    this.at += length;
    this.afterDot = false;
  }

  private end(closer: Open, length: number): void {
    if (this.open.pop() !== closer)
      this.refuse(`closes ${closer} at character ${this.at}, which it did not open there`);
    this.at += length;
    this.afterDot = false;
  }

  private count(atom: boolean): void {
    if (this.open.length > 0) return;
    this.outerTokens += 1;
    this.outerAtom = atom;
  }

  private peek(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  private match(pattern: RegExp): string | undefined {
    const found = this.peek(pattern);
    this.at += found?.length ?? 0;
    return found;
  }

  private refuse(what: string): never {
    throw new NixError({ path: "nix.raw", what, value: this.text, accepted: "one whole Nix expression" });
  }
}
