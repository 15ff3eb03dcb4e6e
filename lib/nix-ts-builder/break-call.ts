import { type Fit, unfit, type Work } from "./fit";
import { isAbsorbable, isSimple } from "./layout-rules";
import { functionLevel, LEVEL } from "./precedence";
import type { CallNode, NixNode } from "./tree";

/** A call that does not fit one line. */
export function breakCall(fit: Fit, node: CallNode, indent: number): Work[] {
  return absorbingCall(fit, node, indent, fit.width) ?? steppedCall(fit, node, indent);
}

/** A call on one line except for ONE argument that is broken, the last one if possible; undefined when that does not fit. */
export function absorbingCall(fit: Fit, node: CallNode, indent: number, room: number): Work[] | undefined {
  const fn = fit.text(node.fn, functionLevel(node.fn), room);
  if (fn === undefined) return undefined;
  const flats: (string | undefined)[] = [];
  let broken: number | undefined;
  for (const arg of node.args) {
    const flat = fit.text(arg, LEVEL.argument, room);
    if (flat === undefined && broken !== undefined) return undefined;
    if (flat === undefined) broken = flats.length;
    flats.push(flat);
  }
  const last = node.args.length - 1;
  let before = flats.reduce((sum, flat) => sum + 1 + (flat?.length ?? 0), fn.length);
  let after = 0;
  for (let index = last; index >= 0 && after < fit.width; index--) {
    const length = 1 + (flats[index]?.length ?? 0);
    before -= length;
    if (before + 3 <= room && (broken === undefined || broken === index)) {
      const opened = openedArgument(fit, node.args[index]!, indent, index === last);
      const rest = flats.slice(index + 1).map((flat) => ` ${flat}`);
      if (opened !== undefined) return [`${[fn, ...flats.slice(0, index)].join(" ")} `, ...opened, rest.join("")];
    }
    after += length;
  }
  return undefined;
}

/** An argument whose first line is a mere opening bracket; undefined when it has none. */
function openedArgument(fit: Fit, arg: NixNode, indent: number, last: boolean): Work[] | undefined {
  if (!fit.needsParens(arg, LEVEL.argument)) return isAbsorbable(arg) ? [unfit(arg, indent)] : undefined;
  if (last && hasShortHead(arg)) return ["(", unfit(arg, indent), ")"];
  return isSimple(arg) ? undefined : fit.openParens(arg, indent);
}

/** `(x: {` and `(f {`: the bracket opens right behind one short name. */
function hasShortHead(node: NixNode): boolean {
  if (node.kind === "call") return node.fn.kind === "id" && node.args.length === 1 && isAbsorbable(node.args[0]!);
  if (node.kind !== "lambda" || typeof node.parameter !== "string") return false;
  return node.body.kind !== "lambda" && node.body.kind !== "with" && isAbsorbable(node.body);
}

/** A call with as many arguments on its first line as fit, and each other one on a line of its own. */
function steppedCall(fit: Fit, node: CallNode, indent: number): Work[] {
  const works: Work[] = [fit.place(node.fn, functionLevel(node.fn), indent)];
  let used = fit.text(node.fn, functionLevel(node.fn), fit.width)?.length;
  for (const arg of node.args) {
    const flat: string | undefined =
      used === undefined ? undefined : fit.text(arg, LEVEL.argument, fit.width - used - 1);
    used = flat === undefined ? undefined : used! + 1 + flat.length;
    if (flat === undefined) works.push(...fit.ownLine(arg, LEVEL.argument, indent + 1));
    else works.push(` ${flat}`);
  }
  return works;
}
