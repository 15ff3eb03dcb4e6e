import { absorbingCall, steppedCall } from "./break-call";
import { breakOperators, operandsOf } from "./break";
import { inheritHead } from "./flat";
import { type Fit, line, unfit, type Work } from "./fit";
import { isAbsorbable, isSimple } from "./layout-rules";
import { isVariable, quoteName } from "./names";
import { LEVEL, OPERATORS } from "./precedence";
import type { BinaryNode, Binding, BindNode, CallNode, InheritNode, NixNode } from "./tree";

/** What stands above a binding: an empty line, a comment, and the line break before the binding itself. */
export function beforeBinding(binding: Binding, first: boolean, indent: number): string {
  const gap = binding.gap && !first ? "\n" : "";
  return gap + (binding.comment === undefined ? "" : commentLines(binding.comment, indent)) + line(indent);
}

/** What stands behind a binding. */
export function afterBinding({ remark }: Binding): string {
  return remark === undefined ? ";" : `; ${oneLineComment(remark)}`;
}

/** Text as comment lines; each line of it gets a `#` of its own, since a line break would end the comment. */
export function commentLines(text: string, indent: number): string {
  const lines = text.split(/\r\n|\r|\n/);
  return lines.map((part) => line(indent) + oneLineComment(part)).join("");
}

function oneLineComment(text: string): string {
  return `# ${text.replace(/[\r\n]+/g, " ")}`.trimEnd();
}

/** A binding whose value has no parts and so is never broken; undefined for all others. */
export function leafBinding(fit: Fit, binding: Binding): string | undefined {
  if (binding.kind === "inherit") return undefined;
  const leaf = fit.leaf(binding.value, LEVEL.open);
  if (leaf === undefined) return undefined;
  const text = `${fit.path(binding.path)} = ${leaf}`;
  // A select that is too long goes to a line of its own; other leaves gain nothing from that.
  return binding.value.kind === "select" && text.length >= fit.width ? undefined : text;
}

/** `name = value`, the value behind the `=` or on a line of its own. */
export function breakBinding(fit: Fit, { path, value }: BindNode, indent: number): Work[] {
  const head = `${fit.path(path)} =`;
  const room = fit.width - head.length - 2;
  if (fit.needsParens(value, LEVEL.open)) return [`${head} `, fit.place(value, LEVEL.open, indent, room)];
  const isPlainPath = path.length <= 4 && path.every((step) => typeof step === "string" && isVariable(step));
  const sameLine = besideEquals(fit, value, indent, room, isPlainPath);
  if (sameLine !== undefined) return [`${head} `, ...sameLine];
  const flat = fit.text(value, LEVEL.open, fit.width - 1);
  const below = flat === undefined && value.kind === "call" ? steppedCall(fit, value, indent + 1) : undefined;
  return [head + line(indent + 1), ...(below ?? [fit.place(value, LEVEL.open, indent + 1, fit.width - 1)])];
}

/** A value that begins behind the `=`; undefined when it must go to a line of its own. */
function besideEquals(
  fit: Fit,
  value: NixNode,
  indent: number,
  room: number,
  isPlainPath: boolean,
): Work[] | undefined {
  const flat = fit.text(value, LEVEL.open, room);
  if (flat !== undefined) return [flat];
  if (isAbsorbable(value) || value.kind === "str") return [unfit(value, indent)];
  if (value.kind === "call")
    return isPlainPath && staysOnLine(fit, value) ? [fit.oneLine(value)] : absorbingCall(fit, value, indent, room);
  const joins = value.kind === "binary" && ["//", "++", "+"].includes(value.operator);
  return joins ? joinedBesideEquals(fit, value, indent, room) : undefined;
}

/** Simple calls are not broken, unless the last argument has parentheses that can be opened. */
function staysOnLine(fit: Fit, call: CallNode): boolean {
  return isSimple(call) && !fit.needsParens(call.args.at(-1)!, LEVEL.argument);
}

/** `{ … } // b` and `a // { … }`: a bracket of the first or last operand opens behind the `=`. */
function joinedBesideEquals(fit: Fit, value: BinaryNode, indent: number, room: number): Work[] | undefined {
  const chain = operandsOf(fit, value);
  if (isAbsorbable(chain.operands[0]!)) return breakOperators(fit, chain, indent);
  const { operator, right } = value;
  const levels = OPERATORS[operator];
  const left = fit.text(value.left, levels.left, room - operator.length - 3);
  if (left === undefined || !isAbsorbable(right) || right.kind === "lambda" || right.kind === "with") return undefined;
  return [`${left} ${operator} `, fit.place(right, levels.right, indent, 0)];
}

/** `inherit a b` on one line when there are few names, else one name on a line. */
export function breakInherit(fit: Fit, { names, from }: InheritNode, indent: number): string {
  const parts = [inheritHead(from, fit.allParens), ...names.map(quoteName)];
  const flat = parts.join(" ");
  return names.length < 4 && flat.length < fit.width ? flat : [...parts, ""].join(line(indent + 1));
}
