import { FlatWriter, flatText, leafText, needsParens, DELIMITED, pathText } from "./flat";
import { mustBreak, prefersIndented } from "./layout-rules";
import type { Binding, NixNode } from "./tree";

/** Settings of the pretty layout. */
export interface PrettyOptions {
  readonly allParens: boolean;
  /** Characters in a line, not counting its indentation. */
  readonly width: number;
}

/** An expression that is still to be written. */
export interface Pending {
  readonly node: NixNode;
  /** How tightly its place demands it to hold together; DELIMITED when it must not get parentheses. */
  readonly level: number;
  /** Indentation of the line that it begins on. */
  readonly indent: number;
  /** Characters that are left on that line; 0 when it is known not to fit. */
  readonly room: number;
}

/** A list or the bindings of a set, each item on lines of its own; keeping a place in it is cheaper than queueing all. */
export interface Cursor {
  readonly items: readonly NixNode[] | readonly Binding[];
  readonly indent: number;
  next: number;
}

/** What the pretty layout still has to write: text, an expression, or the rest of a list or set. */
export type Work = string | Pending | Cursor;

/** Deeper lines are not indented further, so that the text stays linear in the size of the tree. */
const DEEPEST = 100;

const MARGINS = Array.from({ length: DEEPEST + 1 }, (_, depth) => "  ".repeat(depth));
const LINES = MARGINS.map((blanks) => `\n${blanks}`);

/** The blanks that begin a line. */
export function margin(indent: number): string {
  return MARGINS[Math.min(indent, DEEPEST)]!;
}

/** A line break and the blanks that begin the next line. */
export function line(indent: number): string {
  return LINES[Math.min(indent, DEEPEST)]!;
}

/** `node` over several lines. It is scheduled and not written at once, so that nothing recurses. */
export function unfit(node: NixNode, indent: number): Pending {
  return { node, level: DELIMITED, indent, room: 0 };
}

/** Answers what fits on a line, for one run of the pretty layout. */
export class Fit {
  readonly allParens: boolean;
  readonly width: number;
  private readonly writer: FlatWriter;

  constructor(options: PrettyOptions) {
    this.allParens = options.allParens;
    this.writer = new FlatWriter({ allParens: options.allParens, mustBreak });
    this.width = options.width;
  }

  /** The text of `node` when it may and does fit `room` characters of one line. */
  text(node: NixNode, level: number, room: number): string | undefined {
    if (room <= 0 || mustBreak(node)) return undefined;
    return this.writer.text(node, level, room);
  }

  /** The text of a node that has no parts and so is never broken; undefined for all others. */
  leaf(node: NixNode, level: number): string | undefined {
    if (node.kind === "str" && prefersIndented(node)) return undefined;
    const leaf = leafText(node, this.allParens);
    return leaf !== undefined && this.needsParens(node, level) ? `(${leaf})` : leaf;
  }

  /** `node` on one line, however long that gets. */
  oneLine(node: NixNode, level: number = DELIMITED): string {
    return flatText(node, level, this.allParens);
  }

  needsParens(node: NixNode, level: number): boolean {
    return needsParens(node, level, this.allParens);
  }

  path(path: readonly (string | NixNode)[]): string {
    return pathText(path, this.allParens);
  }

  /** `node` at the place where the text stands. */
  place(node: NixNode, level: number, indent: number, room: number = this.width): Pending {
    return { node, level, indent, room };
  }

  /** `node` on a line of its own. */
  ownLine(node: NixNode, level: number, indent: number): Work[] {
    return [line(indent), this.place(node, level, indent)];
  }

  /** `node` on lines of its own between parentheses. */
  openParens(node: NixNode, indent: number): Work[] {
    return [`(${line(indent + 1)}`, this.place(node, DELIMITED, indent + 1), `${line(indent)})`];
  }
}
