import { formatPath, NixError } from "./error";
import { intNode, numberNode } from "./numbers";
import { stringFault } from "./strings";
import {
  type AttrsNode,
  type BindNode,
  type BoolNode,
  isNode,
  type ListNode,
  make,
  type NixNode,
  type NullNode,
  type StrNode,
} from "./tree";

/** Plain data that has one Nix form, with expression nodes allowed at any place. */
export type NixValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | NixNode
  | readonly NixValue[]
  | ReadonlyMap<string, NixValue>
  | { readonly [name: string]: NixValue | undefined };

/** Settings of {@link toNix}. */
export interface ToNixOptions {
  /** What the root is called in messages. @default "value" */
  readonly name?: string;
  /** Writes attribute names in code-unit order instead of the order in which they were given. @default false */
  readonly sortNames?: boolean;
}

/**
 * Attribute names that change what a set is: `--json` and string interpolation turn a set with `outPath` or
 * `__toString` into a string, a set with `__functor` is a function, and the module system acts on `_type`.
 */
const SPECIAL_NAMES: ReadonlySet<string> = new Set(["_type", "outPath", "__toString", "__functor"]);

/**
 * Plain data as a Nix expression. `undefined` in a set leaves the attribute out; whole numbers become integers, fractions
 * floats; `-0` is 0. Everything that has no exact Nix form is refused.
 *
 * @throws NixError naming the path inside the value
 */
export function toNix(value: NixValue, options: ToNixOptions = {}): NixNode {
  return new Conversion(options).run(value);
}

/** A list or set whose parts are being converted. */
interface Open {
  readonly source: object;
  /** The attribute paths of a set, in step with `values`; undefined for a list. */
  readonly paths: readonly (readonly [string])[] | undefined;
  readonly values: readonly unknown[];
  readonly done: NixNode[];
  next: number;
}

/** One run of {@link toNix}; it keeps its own stack so that deep data cannot overflow JavaScript's. */
class Conversion {
  private readonly stack: Open[] = [];
  private readonly ancestors = new Set<object>();
  /** Names that were checked, as attribute paths: data uses few names many times. */
  private readonly paths = new Map<string, readonly [string]>();
  private readonly root: string;
  private readonly sortNames: boolean;

  constructor(options: ToNixOptions) {
    this.root = options.name ?? "value";
    this.sortNames = options.sortNames ?? false;
  }

  run(value: unknown): NixNode {
    let result = this.enter(value);
    for (;;) {
      const open = this.stack.at(-1);
      if (result !== undefined) {
        if (open === undefined) return result;
        open.done.push(result);
      }
      result = open!.next < open!.values.length ? this.enter(open!.values[open!.next++]) : this.close(open!);
    }
  }

  /** Converts a value that has no parts, or opens one that has. */
  private enter(value: unknown): NixNode | undefined {
    switch (typeof value) {
      case "string":
        return this.text(value);
      case "number":
        return numberNode(value, () => this.path());
      case "boolean":
        return value ? TRUE : FALSE;
      case "bigint":
        return intNode(value, () => this.path());
      case "object":
        if (value === null) return NULL;
        if (isNode(value)) return value;
        if (this.ancestors.has(value)) this.refuse("contains itself", value, "data without cycles");
        this.ancestors.add(value);
        this.stack.push(Array.isArray(value) ? this.openList(value) : this.openSet(value));
        return undefined;
      case "undefined":
        return this.refuse("has no Nix form here: undefined only leaves out attributes", value);
      default:
        return this.refuse("has no Nix form", value);
    }
  }

  private text(value: string): StrNode {
    const fault = stringFault(value);
    if (fault !== undefined) this.refuse(fault, value, "well-formed text without NUL");
    return make<StrNode>({ kind: "str", parts: Object.freeze(value === "" ? [] : [value]), style: "auto" });
  }

  private openList(source: readonly unknown[]): Open {
    // Array.from makes holes undefined, which is refused with the index.
    return { source, paths: undefined, values: Array.from(source), done: [], next: 0 };
  }

  private openSet(source: object): Open {
    const paths: (readonly [string])[] = [];
    const values: unknown[] = [];
    const lookup = source instanceof Map ? (name: unknown) => source.get(name) : undefined;
    for (const name of this.namesOf(source)) {
      const path = this.paths.get(name as string) ?? this.checkedPath(name);
      const value = lookup === undefined ? (source as Record<string, unknown>)[name as string] : lookup(name);
      if (value === undefined) continue;
      paths.push(path);
      values.push(value);
    }
    return { source, paths, values, done: [], next: 0 };
  }

  private namesOf(source: object): readonly unknown[] {
    let names: unknown[];
    if (source instanceof Map) {
      names = [...source.keys()];
    } else {
      const prototype = Object.getPrototypeOf(source);
      // Not compared with Object.prototype itself, since an object of another realm has another one.
      const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
      if (!plain) this.refuse("is not plain data", source);
      if (Object.getOwnPropertySymbols(source).length > 0) this.refuse("has a symbol as a name", source);
      names = Object.keys(source);
    }
    return this.sortNames ? names.sort() : names;
  }

  private checkedPath(name: unknown): readonly [string] {
    if (typeof name !== "string") {
      return this.refuse(`has the name ${String(name)}, which is a ${typeof name}`, name, "names that are strings");
    }
    const fault = stringFault(name);
    if (fault !== undefined) this.refuse(`has a name that ${fault}`, name, "well-formed names without NUL");
    if (SPECIAL_NAMES.has(name)) {
      const accepted = "any other name, or nix.attrs({ … }) when that is meant";
      this.refuse(`has the name ${name}, which makes Nix treat the set as something else`, name, accepted);
    }
    const path = Object.freeze([name] as const);
    this.paths.set(name, path);
    return path;
  }

  private close({ source, paths, done }: Open): ListNode | AttrsNode {
    this.stack.pop();
    this.ancestors.delete(source);
    if (paths === undefined) return make<ListNode>({ kind: "list", items: Object.freeze(done) });
    const bindings = paths.map((path, index) => make<BindNode>({ kind: "bind", path, value: done[index]! }));
    return make<AttrsNode>({ kind: "attrs", bindings: Object.freeze(bindings), rec: false });
  }

  private path(): string {
    const steps = this.stack.map((open) => (open.paths === undefined ? open.next - 1 : open.paths[open.next - 1]![0]));
    return formatPath(steps, this.root);
  }

  private refuse(what: string, value: unknown, accepted = ACCEPTED): never {
    throw new NixError({ path: this.path(), what, value, accepted });
  }
}

const ACCEPTED = "null, booleans, numbers, bigints, strings, arrays, Maps, plain objects and expression nodes";

const NULL = make<NullNode>({ kind: "null" });
const TRUE = make<BoolNode>({ kind: "bool", value: true });
const FALSE = make<BoolNode>({ kind: "bool", value: false });
