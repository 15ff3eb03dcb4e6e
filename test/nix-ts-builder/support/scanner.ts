/** Reads tokens of Nix text one by one; knows where comments and blank lines are, for the bindings of sets. */
export class Scanner {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Skips blanks and comments. */
  skip(): void {
    for (;;) {
      const blank = this.match(/\s+|#[^\r\n]*|\/\*[\s\S]*?\*\//y);
      if (blank === undefined) return;
    }
  }

  peek(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  match(pattern: RegExp): string | undefined {
    const found = this.peek(pattern);
    this.at += found?.length ?? 0;
    return found;
  }

  /** Whether the next token begins with `text`; a word must end there. */
  sees(text: string): boolean {
    this.skip();
    if (!this.text.startsWith(text, this.at)) return false;
    return !/\w$/.test(text) || !/[\w'-]/.test(this.text[this.at + text.length] ?? "");
  }

  take(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail(`expected ${text}`);
  }

  fail(what: string): never {
    throw new Error(`${what} at ${this.at}: ${JSON.stringify(this.text.slice(this.at, this.at + 40))}`);
  }

  /** Tries `read`; goes back to where it was when that answers undefined. */
  attempt<T>(read: () => T | undefined): T | undefined {
    const start = this.at;
    const result = read();
    if (result === undefined) this.at = start;
    return result;
  }
}
