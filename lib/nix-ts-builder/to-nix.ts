import { formatPath, NixError, type ValuePath } from "./error";
import { intNode, numberNode } from "./numbers";
import { stringFault } from "./strings";
import {
  type AttrsNode,
  type BindNode,
  type Binding,
  type BoolNode,
  isNode,
  type IntNode,
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
  readonly names: readonly string[] | undefined;
  readonly values: readonly unknown[];
  readonly done: NixNode[];
  next: number;
}

/** One run of {@link toNix}; it keeps its own stack so that deep data cannot overflow JavaScript's. */
class Conversion {
  private readonly stack: Open[] = [];
  private readonly ancestors = new Set<object>();
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
      if (open!.next < open!.values.length) {
        result = this.enter(open!.values[open!.next++]);
      } else {
        this.stack.pop();
        this.ancestors.delete(open!.source);
        result = open!.names === undefined ? listNode(open!.done) : setNode(open!.names, open!.done);
      }
    }
  }

  /** Converts a value that has no parts, or opens one that has. */
  private enter(value: unknown): NixNode | undefined {
    switch (typeof value) {
      case "string":
        return this.text(value);
      case "number":
        return Number.isSafeInteger(value)
          ? make<IntNode>({ kind: "int", value: BigInt(value) })
          : numberNode(value, this.path());
      case "boolean":
        return value ? TRUE : FALSE;
      case "bigint":
        return intNode(value, this.path());
      case "object":
        return value === null ? NULL : isNode(value) ? (value as NixNode) : this.open(value);
      case "undefined":
        return this.refuse("has no Nix form here: undefined only leaves out attributes", value);
      default:
        return this.refuse("has no Nix form", value);
    }
  }

  private text(value: string): StrNode {
    const fault = stringFault(value);
    if (fault !== undefined) this.refuse(fault, value, "well-formed text without NUL");
    return make<StrNode>({ kind: "str", parts: value === "" ? [] : [value], style: "auto" });
  }

  private open(source: object): undefined {
    if (this.ancestors.has(source)) this.refuse("contains itself", source, "data without cycles");
    const names: string[] = [];
    const values: unknown[] = [];
    if (Array.isArray(source)) {
      for (let index = 0; index < source.length; index++) values.push(source[index]);
      this.push({ source, names: undefined, values, done: [], next: 0 });
      return undefined;
    }
    for (const [name, value] of this.entriesOf(source)) {
      this.checkName(name);
      if (value === undefined) continue;
      names.push(name);
      values.push(value);
    }
    this.push({ source, names, values, done: [], next: 0 });
    return undefined;
  }

  private push(open: Open): void {
    this.ancestors.add(open.source);
    this.stack.push(open);
  }

  private entriesOf(source: object): [string, unknown][] {
    let entries: [string, unknown][];
    if (source instanceof Map) {
      entries = [...source];
    } else {
      const prototype = Object.getPrototypeOf(source);
      // Not compared with Object.prototype itself, since an object of another realm has another one.
      const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
      if (!plain) this.refuse("is not plain data", source);
      if (Object.getOwnPropertySymbols(source).length > 0) this.refuse("has a symbol as a name", source);
      entries = Object.entries(source);
    }
    return this.sortNames ? entries.sort(([a], [b]) => (a < b ? -1 : 1)) : entries;
  }

  private checkName(name: unknown): asserts name is string {
    if (typeof name !== "string") {
      this.refuse(`has the name ${String(name)}, which is a ${typeof name}`, name, "names that are strings");
    }
    const fault = stringFault(name);
    if (fault !== undefined) this.refuse(`has a name that ${fault}`, name, "well-formed names without NUL");
    if (SPECIAL_NAMES.has(name)) {
      this.refuse(
        `has the name ${name}, which makes Nix treat the set as something else`,
        name,
        "any other name, or nix.attrs({ … }) when that is meant",
      );
    }
  }

  private path(): ValuePath {
    const steps = this.stack.map((open) => (open.names === undefined ? open.next - 1 : open.names[open.next - 1]!));
    return [this.root, ...steps];
  }

  private refuse(what: string, value: unknown, accepted = ACCEPTED): never {
    throw new NixError({ path: formatPath(this.path()), what, value, accepted });
  }
}

const ACCEPTED = "null, booleans, numbers, bigints, strings, arrays, Maps, plain objects and expression nodes";

const NULL = make<NullNode>({ kind: "null" });
const TRUE = make<BoolNode>({ kind: "bool", value: true });
const FALSE = make<BoolNode>({ kind: "bool", value: false });

function listNode(items: NixNode[]): ListNode {
  return make<ListNode>({ kind: "list", items: Object.freeze(items) });
}

function setNode(names: readonly string[], values: readonly NixNode[]): AttrsNode {
  const bindings: Binding[] = names.map((name, index) =>
    make<BindNode>({ kind: "bind", path: Object.freeze([name]), value: values[index]! }),
  );
  return make<AttrsNode>({ kind: "attrs", bindings: Object.freeze(bindings), rec: false });
}
