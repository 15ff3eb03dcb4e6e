import { nix } from "./nix";
import { type NixValue, toNix } from "./to-nix";
import type { CallNode, NixNode } from "./tree";

const ref = (name: string): NixNode => nix.ref(`lib.${name}`);

function of(name: string, ...args: readonly [NixValue, ...NixValue[]]): CallNode {
  return nix.call(`lib.${name}`, ...args);
}

/** What an option is, as for `lib.mkOption`. */
export interface OptionProps {
  /** One of {@link lib.types}. @default - any value, which cannot be merged */
  readonly type?: NixNode;
  /** Used when nobody sets the option; `null` is a value. @default - the option must be set when it is read */
  readonly default?: NixValue;
  /** How the default is shown in manuals when it is computed. @default - the default itself */
  readonly defaultText?: NixValue;
  /** A value that manuals show. @default - none */
  readonly example?: NixValue;
  /** What the option is for, in Markdown. @default - none */
  readonly description?: string | NixNode;
  /** Hides the option from manuals. @default false */
  readonly internal?: boolean;
  /** Shows the option in manuals. @default true */
  readonly visible?: boolean;
  /** Allows one definition only. @default false */
  readonly readOnly?: boolean;
  /** A function that the merged value passes through. @default - none */
  readonly apply?: NixNode;
  /** Packages that manuals name beside the option. @default - none */
  readonly relatedPackages?: NixValue;
}

const simple = (name: string): NixNode => ref(`types.${name}`);

const types = {
  /** True or false; several definitions have to be equal. */
  bool: simple("bool"),
  /** True or false; true where any definition is. */
  boolByOr: simple("boolByOr"),
  /** A whole number of 64 bits, with sign. */
  int: simple("int"),
  /** A number with a fraction. */
  float: simple("float"),
  /** A whole number or one with a fraction. */
  number: simple("number"),
  /** Text; several definitions have to be equal. */
  str: simple("str"),
  /** Text without line breaks; one at the end is taken off. */
  singleLineStr: simple("singleLineStr"),
  /** Text with more in it than blanks. */
  nonEmptyStr: simple("nonEmptyStr"),
  /** Text; several definitions are joined by line breaks. */
  lines: simple("lines"),
  /** Text; several definitions are joined by commas. */
  commas: simple("commas"),
  /** Text; several definitions are joined by colons, as in `PATH`. */
  envVar: simple("envVar"),
  /** An absolute path, as a literal or as text. */
  path: simple("path"),
  /** A path below the Nix store. */
  pathInStore: simple("pathInStore"),
  /** A derivation, or a path in the store. */
  package: simple("package"),
  /** A package with a `shellPath`, such as `pkgs.zsh`. */
  shellPackage: simple("shellPackage"),
  /** A port number, 0 to 65535. */
  port: simple("port"),
  /** Any set; of two definitions of an attribute the later wins silently. Prefer `attrsOf(anything)`. */
  attrs: simple("attrs"),
  /** Any value; sets are merged at every depth. */
  anything: simple("anything"),
  /** Any value; what an option without a type has. */
  unspecified: simple("unspecified"),
  /** Any value, as it is: defined once, not looked into. */
  raw: simple("raw"),
  /** A type, such as the members of this set. */
  optionType: simple("optionType"),
  /** A module as a value that is evaluated elsewhere; several definitions are imported together. */
  deferredModule: simple("deferredModule"),
  /** Whole numbers within limits. */
  ints: {
    /** 1 or more. */
    positive: simple("ints.positive"),
    /** 0 or more. */
    unsigned: simple("ints.unsigned"),
    /** 0 to 255. */
    u8: simple("ints.u8"),
    /** 0 to 65535. */
    u16: simple("ints.u16"),
    /** 0 to 4294967295. */
    u32: simple("ints.u32"),
    /** -128 to 127. */
    s8: simple("ints.s8"),
    /** -32768 to 32767. */
    s16: simple("ints.s16"),
    /** -2147483648 to 2147483647. */
    s32: simple("ints.s32"),
    /** From `low` to `high`, both included. */
    between: (low: number, high: number): NixNode => of("types.ints.between", low, high),
  },
  /** Numbers, with a fraction or without, within limits. */
  numbers: {
    /** Above 0. */
    positive: simple("numbers.positive"),
    /** 0 or more. */
    nonnegative: simple("numbers.nonnegative"),
    /** From `low` to `high`, both included. */
    between: (low: number, high: number): NixNode => of("types.numbers.between", low, high),
  },
  /** A list; several definitions are joined. */
  listOf: (element: NixNode): NixNode => of("types.listOf", element),
  /** A list with one item or more. */
  nonEmptyListOf: (element: NixNode): NixNode => of("types.nonEmptyListOf", element),
  /** A set whose values are of one type, merged name by name. */
  attrsOf: (element: NixNode): NixNode => of("types.attrsOf", element),
  /** Like `attrsOf`, but a value is computed only when it is used; a name whose `mkIf` is false is there all the same. */
  lazyAttrsOf: (element: NixNode): NixNode => of("types.lazyAttrsOf", element),
  /** The type, or `null`. */
  nullOr: (inner: NixNode): NixNode => of("types.nullOr", inner),
  /** A function with results of the type; of several definitions the results are merged. */
  functionTo: (result: NixNode): NixNode => of("types.functionTo", result),
  /** The type, defined once only. */
  uniq: (inner: NixNode): NixNode => of("types.uniq", inner),
  /** The type, defined once only; `message` is shown otherwise. */
  unique: (message: string, inner: NixNode): NixNode => of("types.unique", { message }, inner),
  /** One of the values. */
  enum: (values: readonly NixValue[]): NixNode => of("types.enum", values),
  /** The first type where the value fits it, else the second. */
  either: (a: NixNode, b: NixNode): NixNode => of("types.either", a, b),
  /** The first of the types that the value fits. */
  oneOf: (alternatives: readonly NixNode[]): NixNode => of("types.oneOf", alternatives),
  /** Text that an extended regular expression matches as a whole. */
  strMatching: (pattern: string): NixNode => of("types.strMatching", pattern),
  /** Text; several definitions are joined by the separator. */
  separatedString: (separator: string): NixNode => of("types.separatedString", separator),
  /** Takes a value of `from` also, and turns it into one of `to` by the function. */
  coercedTo: (from: NixNode, convert: NixNode, to: NixNode): NixNode => of("types.coercedTo", from, convert, to),
  /** The type, with a predicate that values must meet besides. */
  addCheck: (inner: NixNode, check: NixNode): NixNode => of("types.addCheck", inner, check),
  /** A set with options of its own, which the module declares. */
  submodule: (module: NixValue): NixNode => of("types.submodule", module),
  /** Like `submodule`, with `modules`, `specialArgs` and more in a set. */
  submoduleWith: (props: NixValue): NixNode => of("types.submoduleWith", props),
} as const;

/** The part of nixpkgs' `lib` that modules use most, by its own names; everything else is `nix.ref("lib.…")`. */
export const lib = {
  /** Content that counts only where the condition holds. Unlike `if` it may depend on the settings themselves. */
  mkIf: (condition: NixValue, content: NixValue): CallNode => of("mkIf", condition, content),
  /** Several contents, as if each stood in a module of its own. */
  mkMerge: (contents: readonly NixValue[]): CallNode => of("mkMerge", contents),
  /** Content with a priority; the smallest number wins. Normal definitions have 100. */
  mkOverride: (priority: number, content: NixValue): CallNode => of("mkOverride", priority, content),
  /** Priority 50: wins over normal definitions (100). */
  mkForce: (content: NixValue): CallNode => of("mkForce", content),
  /** Priority 1000: loses against normal definitions, wins over the option's own default (1500). */
  mkDefault: (content: NixValue): CallNode => of("mkDefault", content),
  /** Priority 1500: the same as the option's own default. */
  mkOptionDefault: (content: NixValue): CallNode => of("mkOptionDefault", content),
  /** List items or lines with a place among those of other definitions; smaller comes first. Normal ones have 1000. */
  mkOrder: (order: number, content: NixValue): CallNode => of("mkOrder", order, content),
  /** Order 500: before normal list items and lines (1000). */
  mkBefore: (content: NixValue): CallNode => of("mkBefore", content),
  /** Order 1500: after normal list items and lines (1000). */
  mkAfter: (content: NixValue): CallNode => of("mkAfter", content),
  /** An option that a module declares, below its `options`. */
  mkOption: (props: OptionProps): CallNode => of("mkOption", toNix({ ...props }, { name: "mkOption" })),
  /** A boolean option that is off by default; manuals say `Whether to enable <what>.` */
  mkEnableOption: (what: string): CallNode => of("mkEnableOption", what),
  /** An option that holds a package: by default the one of this name, or attribute path, in `pkgs`. */
  mkPackageOption: (
    pkgs: NixNode,
    name: string | readonly string[],
    props: { readonly [name: string]: NixValue } = {},
  ): CallNode => of("mkPackageOption", pkgs, name, props),
  /** Nix code that manuals show as it is, as a default or an example. */
  literalExpression: (text: string): CallNode => of("literalExpression", text),
  /** `[ item ]` where the condition holds, else `[ ]`. */
  optional: (condition: NixValue, item: NixValue): CallNode => of("optional", condition, item),
  /** The list where the condition holds, else `[ ]`. */
  optionals: (condition: NixValue, items: NixValue): CallNode => of("optionals", condition, items),
  /** The set where the condition holds, else `{ }`. */
  optionalAttrs: (condition: NixValue, set: NixValue): CallNode => of("optionalAttrs", condition, set),
  /** The text where the condition holds, else `""`. */
  optionalString: (condition: NixValue, text: NixValue): CallNode => of("optionalString", condition, text),
  /** Joins a list of strings, with the separator between them. */
  concatStringsSep: (separator: NixValue, items: NixValue): CallNode => of("concatStringsSep", separator, items),
  /** Turns each item into a string, and joins them with the separator between them. */
  concatMapStringsSep: (separator: NixValue, fn: NixNode, items: NixValue): CallNode =>
    of("concatMapStringsSep", separator, fn, items),
  /** A set with the same names; the function is given name and value. */
  mapAttrs: (fn: NixNode, set: NixValue): CallNode => of("mapAttrs", fn, set),
  /** The list of what the function makes of each name and value, in the order of the names. */
  mapAttrsToList: (fn: NixNode, set: NixValue): CallNode => of("mapAttrsToList", fn, set),
  /** The part of a set for which the function, given name and value, is true. */
  filterAttrs: (fn: NixNode, set: NixValue): CallNode => of("filterAttrs", fn, set),
  /** Path of the main program of a package (`meta.mainProgram`). */
  getExe: (pkg: NixNode): CallNode => of("getExe", pkg),
  /** Path of a program of a package, by its name below `bin`. */
  "getExe'": (pkg: NixNode, program: string): CallNode => of("getExe'", pkg, program),
  /** Types of options: the names of the module system, with arguments in its order. */
  types,
} as const;
