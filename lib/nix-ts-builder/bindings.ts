import { refuseDuplicates } from "./duplicates";
import { formatPath, NixError } from "./error";
import { capturesSyntax, isVariable } from "./names";
import { stringFault } from "./strings";
import { type NixValue, toNix } from "./to-nix";
import {
  type AttrsNode,
  type BindNode,
  type Binding,
  type BindingNotes,
  type InheritNode,
  isBinding,
  isNode,
  make,
  type NixNode,
} from "./tree";

/** One step of an attribute path: a name, or an expression for `${…}`. */
export type PathStep = string | NixNode;

/** A set given to a builder: named values, or a list of bindings when comments, paths or `inherit` are wanted. */
export type NixBindings = { readonly [name: string]: NixValue | undefined } | readonly Binding[];

/** Checks the steps of an attribute path; a string node without interpolation is the same as its text. */
export function checkedPath(steps: readonly PathStep[], what: string): readonly PathStep[] {
  if (steps.length === 0)
    throw new NixError({ path: what, what: "has no name in its path", accepted: "one name or more" });
  return Object.freeze(
    steps.map((step) => {
      if (isNode(step)) {
        const text =
          step.kind === "str" && step.parts.every((part) => typeof part === "string") ? step.parts.join("") : undefined;
        return text ?? step;
      }
      return checkedName(step, what);
    }),
  );
}

function checkedName(name: unknown, what: string): string {
  const fault = typeof name === "string" ? stringFault(name) : "is not text";
  if (fault !== undefined)
    throw new NixError({ path: what, what: `has a name that ${fault}`, value: name, accepted: "text without NUL" });
  return name as string;
}

function checkedNotes(notes: BindingNotes, path: string): BindingNotes {
  for (const text of [notes.comment, notes.remark]) {
    const fault = text === undefined ? undefined : stringFault(text);
    if (fault !== undefined)
      throw new NixError({ path, what: `has a comment that ${fault}`, value: text, accepted: "text without NUL" });
  }
  const { comment, remark, gap, origin } = notes;
  return {
    ...(comment !== undefined && { comment }),
    ...(remark !== undefined && { remark }),
    ...(gap === true && { gap }),
    ...(origin !== undefined && { origin }),
  };
}

/** `path = value;`. A string path is ONE name, whatever dots it has; give a list of names for `a.b = value;`. */
export function bind(path: PathStep | readonly PathStep[], value: NixValue, notes: BindingNotes = {}): BindNode {
  const steps = checkedPath(typeof path === "string" || isNode(path) ? [path] : path, "nix.bind");
  const name = pathText(steps);
  return make<BindNode>({ kind: "bind", path: steps, value: toNix(value, { name }), ...checkedNotes(notes, name) });
}

/** `inherit a b;`, or `inherit (from) a b;`. */
export function inherit(names: readonly string[], from?: NixNode, notes: BindingNotes = {}): InheritNode {
  for (const name of names) {
    checkedName(name, "nix.inherit");
    if (from === undefined && !isVariable(name)) {
      throw new NixError({ path: "nix.inherit", what: "is no variable", value: name, accepted: "names of variables" });
    }
  }
  const source = from === undefined ? {} : { from };
  return make<InheritNode>({
    kind: "inherit",
    names: Object.freeze([...names]),
    ...source,
    ...checkedNotes(notes, "nix.inherit"),
  });
}

/** The bindings that a builder was given, as nodes and without duplicates; `name` is what the set is called in messages. */
export function toBindings(given: NixBindings, name: string): readonly Binding[] {
  const bindings = Array.isArray(given)
    ? [...(given as readonly Binding[])]
    : namedBindings(given as Record<string, NixValue>, name);
  bindings.forEach((binding, index) => {
    if (!isBinding(binding)) {
      throw new NixError({
        path: `${name}[${index}]`,
        what: "is no binding",
        value: binding,
        accepted: "nix.bind(…) or nix.inherit(…)",
      });
    }
  });
  refuseDuplicates(bindings, name);
  return Object.freeze(bindings);
}

function namedBindings(given: Record<string, NixValue>, name: string): Binding[] {
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const path = Object.freeze([checkedName(key, name)]);
      return make<BindNode>({ kind: "bind", path, value: toNix(value, { name: formatPath([key], name) }) });
    });
}

/** A set. Unlike plain data it may name `_type`, `outPath` and other attributes that Nix treats specially. */
export function attrs(
  bindings: NixBindings,
  options: { readonly rec?: boolean; readonly name?: string } = {},
): AttrsNode {
  const rec = options.rec ?? false;
  const list = toBindings(bindings, options.name ?? "");
  if (rec) refuseCapture(list, "rec");
  return make<AttrsNode>({ kind: "attrs", bindings: list, rec });
}

/** Refuses bindings of `let` and `rec` sets that would change what literals and operators in their scope mean. */
export function refuseCapture(bindings: readonly Binding[], what: string): void {
  for (const binding of bindings) {
    const names = binding.kind === "inherit" ? binding.names : [binding.path[0]!];
    for (const name of names) if (typeof name === "string") checkVariable(name, what, true);
  }
}

/** Refuses a name that cannot be a variable, or must not be one. `let` and `rec` may bind names that need quotes. */
export function checkVariable(name: string, what: string, quotable = false): string {
  if (capturesSyntax(name)) {
    throw new NixError({
      path: what,
      what: "would change what literals and operators mean",
      value: name,
      accepted: "another name",
    });
  }
  if (!quotable && !isVariable(name)) {
    throw new NixError({
      path: what,
      what: "is no variable name",
      value: name,
      accepted: "letters, digits, _ ' and -, not beginning with a digit, ' or -, and no keyword",
    });
  }
  return name;
}

/** An attribute path in Nix notation, expressions shown as `${…}`. */
export function pathText(steps: readonly PathStep[]): string {
  return steps.map((step) => (typeof step === "string" ? formatPath([step]) : "${…}")).join(".");
}
