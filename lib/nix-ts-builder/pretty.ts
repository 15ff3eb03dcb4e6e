import { breakHeader, breakInParens, breakNode } from "./break";
import { afterBinding, beforeBinding, breakBinding, breakInherit, leafBinding } from "./break-binding";
import { DELIMITED } from "./flat";
import { type Cursor, Fit, line, type Pending, type PrettyOptions, type Work } from "./fit";
import { Output } from "./output";
import { LEVEL } from "./precedence";
import type { Binding, LambdaNode, NixNode } from "./tree";

/** The pretty layout of an expression: what nixfmt leaves as it is. */
export function prettyText(root: NixNode, options: PrettyOptions): string {
  return new Pretty(options).run(root);
}

/** One run of the layout; it keeps its own stack, so that deep trees cannot overflow JavaScript's. */
class Pretty {
  private readonly fit: Fit;
  private readonly output = new Output();
  private readonly stack: Work[] = [];

  constructor(options: PrettyOptions) {
    this.fit = new Fit(options);
  }

  run(root: NixNode): string {
    this.schedule(isFileFunction(root) ? breakHeader(this.fit, root) : [this.fit.place(root, DELIMITED, 0)]);
    for (let work = this.stack.pop(); work !== undefined; work = this.stack.pop()) {
      if (typeof work === "string") this.output.write(work);
      else if ("items" in work) this.advance(work);
      else this.expand(work);
    }
    return this.output.toString();
  }

  private schedule(works: readonly Work[]): void {
    for (let index = works.length - 1; index >= 0; index--) this.stack.push(works[index]!);
  }

  private expand({ node, level, indent, room }: Pending): void {
    const { fit } = this;
    const flat = fit.leaf(node, level) ?? fit.text(node, level, room);
    if (flat !== undefined) this.output.write(flat);
    else this.schedule(fit.needsParens(node, level) ? breakInParens(fit, node, indent) : breakNode(fit, node, indent));
  }

  /** Writes items or bindings up to the first one that has parts of its own. */
  private advance(cursor: Cursor): void {
    const { items, indent } = cursor;
    while (cursor.next < items.length) {
      const item = items[cursor.next++]!;
      const isBinding = item.kind === "bind" || item.kind === "inherit";
      const works = isBinding ? this.binding(item, cursor.next === 1, indent) : this.item(item, indent);
      if (works === undefined) continue;
      this.stack.push(cursor);
      this.schedule(works);
      return;
    }
  }

  /** Writes a list item, or answers what is left to do for it. */
  private item(node: NixNode, indent: number): Work[] | undefined {
    const leaf = this.fit.leaf(node, LEVEL.argument);
    this.output.write(leaf === undefined ? line(indent) : line(indent) + leaf);
    return leaf === undefined ? [this.fit.place(node, LEVEL.argument, indent)] : undefined;
  }

  /** Writes a binding, or answers what is left to do for it. */
  private binding(binding: Binding, first: boolean, indent: number): Work[] | undefined {
    const before = beforeBinding(binding, first, indent);
    const after = afterBinding(binding);
    const leaf = leafBinding(this.fit, binding);
    this.output.write(leaf === undefined ? before : before + leaf + after);
    if (leaf !== undefined) return undefined;
    if (binding.kind === "inherit") return [breakInherit(this.fit, binding, indent), after];
    return [...breakBinding(this.fit, binding, indent), after];
  }
}

function isFileFunction(node: NixNode): node is LambdaNode {
  return node.kind === "lambda" && typeof node.parameter !== "string";
}
