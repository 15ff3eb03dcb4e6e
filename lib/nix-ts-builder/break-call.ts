import { type Fit, line, unfit, type Work } from "./fit";
import { isAbsorbable, isSimple } from "./layout-rules";
import { functionLevel, LEVEL } from "./precedence";
import type { CallNode, NixNode } from "./tree";

/** A call that does not fit one line. */
export function breakCall(fit: Fit, node: CallNode, indent: number): Work[] {
  return absorbingCall(fit, node, indent, fit.width) ?? steppedCall(fit, node, indent);
}

/** A call on one line except for ONE argument that is broken, the last one if possible; undefined when that does not fit. */
export function absorbingCall(fit: Fit, node: CallNode, indent: number, room: number): Work[] | undefined {
  const called = calleeOf(fit, node);
  const fn = fit.text(called.fn, functionLevel(called.fn), room);
  if (fn === undefined) return undefined;
  const flats: (string | undefined)[] = [];
  let broken: number | undefined;
  for (const arg of called.args) {
    const flat = fit.text(arg, LEVEL.argument, fit.width);
    if (flat === undefined && broken !== undefined) return undefined;
    if (flat === undefined) broken = flats.length;
    flats.push(flat);
  }
  const last = called.args.length - 1;
  let before = flats.reduce((sum, flat) => sum + 1 + (flat?.length ?? 0), fn.length);
  let after = 0;
  for (let index = last; index >= 0 && after < fit.width; index--) {
    const length = 1 + (flats[index]?.length ?? 0);
    before -= length;
    if (before + 3 <= room && (broken === undefined || broken === index)) {
      const opened = openedArgument(fit, called.args[index]!, indent, index === last);
      const rest = flats.slice(index + 1).map((flat) => ` ${flat}`);
      if (opened !== undefined) return [`${[fn, ...flats.slice(0, index)].join(" ")} `, ...opened, rest.join("")];
    }
    after += length;
  }
  return undefined;
}

/** `(f a) b` is the same call as `f a b`, and laid out as one, unless each has its own parentheses. */
function calleeOf(fit: Fit, node: CallNode): Pick<CallNode, "fn" | "args"> {
  if (fit.allParens || node.fn.kind !== "call") return node;
  const calls: CallNode[] = [];
  let fn: NixNode = node;
  for (; fn.kind === "call"; fn = fn.fn) calls.push(fn);
  return { fn, args: calls.reverse().flatMap(({ args }) => args) };
}

/** An argument whose first line is a mere opening bracket; undefined when it has none. */
function openedArgument(fit: Fit, arg: NixNode, indent: number, last: boolean): Work[] | undefined {
  if (!fit.needsParens(arg, LEVEL.argument)) return isAbsorbable(arg) ? [unfit(arg, indent)] : undefined;
  if (last && hasShortHead(arg)) return ["(", unfit(arg, indent), ")"];
  return !last && isSimple(arg) ? undefined : fit.openParens(arg, indent);
}

/** The last argument on lines of its own. */
function lastArgument(fit: Fit, arg: NixNode, indent: number): Work[] {
  const isFlat = fit.text(arg, LEVEL.argument, fit.width) !== undefined;
  const opened = isFlat || !fit.needsParens(arg, LEVEL.argument) ? undefined : openedArgument(fit, arg, indent, true);
  return opened ?? [fit.place(arg, LEVEL.argument, indent)];
}

/** `(x: {` and `(f {`: the bracket opens right behind one short name. */
function hasShortHead(node: NixNode): boolean {
  if (node.kind === "call") return node.fn.kind === "id" && node.args.length === 1 && isAbsorbable(node.args[0]!);
  if (node.kind !== "lambda" || typeof node.parameter !== "string") return false;
  return node.body.kind !== "lambda" && node.body.kind !== "with" && isAbsorbable(node.body);
}

/** A call with as many arguments on its first line as fit, and each other one on a line of its own. */
export function steppedCall(fit: Fit, node: CallNode, indent: number): Work[] {
  const { fn, args } = calleeOf(fit, node);
  const works: Work[] = [fit.place(fn, functionLevel(fn), indent)];
  let used = fit.text(fn, functionLevel(fn), fit.width)?.length;
  for (const arg of args) {
    const flat: string | undefined =
      used === undefined ? undefined : fit.text(arg, LEVEL.argument, fit.width - used - 1);
    used = flat === undefined ? undefined : used! + 1 + flat.length;
    if (flat !== undefined) works.push(` ${flat}`);
    else if (arg === args.at(-1)) works.push(line(indent + 1), ...lastArgument(fit, arg, indent + 1));
    else works.push(...fit.ownLine(arg, LEVEL.argument, indent + 1));
  }
  return works;
}
