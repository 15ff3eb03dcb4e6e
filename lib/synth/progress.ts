/** Where progress is shown; standard error, but for tests. */
export interface ProgressTerminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const QUIET_MILLIS = 2000;
const REFRESH_MILLIS = 200;
const ERASE_LINE = "\r\x1b[K";

/** One line on the terminal that counts on while a synthesis takes longer than two seconds; nothing in a log. */
export class Progress {
  private readonly what: string;
  private readonly total: number;
  private readonly terminal: ProgressTerminal;
  private readonly now: () => number;
  private next: number;
  private done = 0;
  private shown = false;

  constructor(
    what: string,
    total: number,
    terminal: ProgressTerminal = process.stderr,
    now: () => number = () => performance.now(),
  ) {
    this.what = what;
    this.total = total;
    this.terminal = terminal;
    this.now = now;
    this.next = now() + QUIET_MILLIS;
  }

  /** Counts one more. */
  step(): void {
    this.done += 1;
    if (!this.terminal.isTTY) return;
    const now = this.now();
    if (now < this.next) return;
    this.next = now + REFRESH_MILLIS;
    this.shown = true;
    this.terminal.write(`${ERASE_LINE}netloom: ${this.what} ${this.done} of ${this.total}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.shown) this.terminal.write(ERASE_LINE);
  }
}
