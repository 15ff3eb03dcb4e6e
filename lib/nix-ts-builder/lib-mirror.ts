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
  /** Shown in manuals. @default - none */
  /** A value that manuals show. @default - none */
  readonly example?: NixValue;
  /** Shown in manuals, in Markdown. @default - none */
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
  /** Packages that manuals name. @default - none */
  /** Packages that manuals name beside the option. @default - none */
  readonly relatedPackages?: NixValue;
}

const simple = (name: string): NixNode => ref(`types.${name}`);

/** `lib.types`: the names of the module system, with arguments in its order. */
const types = {
  bool: simple("bool"),
  boolByOr: simple("boolByOr"),
  int: simple("int"),
  float: simple("float"),
  number: simple("number"),
  str: simple("str"),
  singleLineStr: simple("singleLineStr"),
  nonEmptyStr: simple("nonEmptyStr"),
  lines: simple("lines"),
  commas: simple("commas"),
  envVar: simple("envVar"),
  path: simple("path"),
  pathInStore: simple("pathInStore"),
  package: simple("package"),
  shellPackage: simple("shellPackage"),
  port: simple("port"),
  attrs: simple("attrs"),
  anything: simple("anything"),
  unspecified: simple("unspecified"),
  raw: simple("raw"),
  optionType: simple("optionType"),
  deferredModule: simple("deferredModule"),
  ints: {
    positive: simple("ints.positive"),
    unsigned: simple("ints.unsigned"),
    u8: simple("ints.u8"),
    u16: simple("ints.u16"),
    u32: simple("ints.u32"),
    s8: simple("ints.s8"),
    s16: simple("ints.s16"),
    s32: simple("ints.s32"),
    between: (low: number, high: number): NixNode => of("types.ints.between", low, high),
  },
  numbers: {
    positive: simple("numbers.positive"),
    nonnegative: simple("numbers.nonnegative"),
    between: (low: number, high: number): NixNode => of("types.numbers.between", low, high),
  },
  listOf: (element: NixNode): NixNode => of("types.listOf", element),
  nonEmptyListOf: (element: NixNode): NixNode => of("types.nonEmptyListOf", element),
  attrsOf: (element: NixNode): NixNode => of("types.attrsOf", element),
  lazyAttrsOf: (element: NixNode): NixNode => of("types.lazyAttrsOf", element),
  nullOr: (inner: NixNode): NixNode => of("types.nullOr", inner),
  functionTo: (result: NixNode): NixNode => of("types.functionTo", result),
  uniq: (inner: NixNode): NixNode => of("types.uniq", inner),
  unique: (message: string, inner: NixNode): NixNode => of("types.unique", { message }, inner),
  enum: (values: readonly NixValue[]): NixNode => of("types.enum", values),
  either: (a: NixNode, b: NixNode): NixNode => of("types.either", a, b),
  oneOf: (alternatives: readonly NixNode[]): NixNode => of("types.oneOf", alternatives),
  strMatching: (pattern: string): NixNode => of("types.strMatching", pattern),
  separatedString: (separator: string): NixNode => of("types.separatedString", separator),
  coercedTo: (from: NixNode, convert: NixNode, to: NixNode): NixNode => of("types.coercedTo", from, convert, to),
  addCheck: (inner: NixNode, check: NixNode): NixNode => of("types.addCheck", inner, check),
  submodule: (module: NixValue): NixNode => of("types.submodule", module),
  submoduleWith: (props: NixValue): NixNode => of("types.submoduleWith", props),
} as const;

/** The part of nixpkgs' `lib` that modules use most, by its own names; everything else is `nix.ref("lib.…")`. */
export const lib = {
  mkIf: (condition: NixValue, content: NixValue): CallNode => of("mkIf", condition, content),
  mkMerge: (contents: readonly NixValue[]): CallNode => of("mkMerge", contents),
  mkOverride: (priority: number, content: NixValue): CallNode => of("mkOverride", priority, content),
  /** Priority 50: wins over normal definitions (100). */
  mkForce: (content: NixValue): CallNode => of("mkForce", content),
  /** Priority 1000: loses against normal definitions, wins over the option's own default (1500). */
  mkDefault: (content: NixValue): CallNode => of("mkDefault", content),
  /** Priority 1500: the same as the option's own default. */
  mkOptionDefault: (content: NixValue): CallNode => of("mkOptionDefault", content),
  mkOrder: (order: number, content: NixValue): CallNode => of("mkOrder", order, content),
  /** Order 500: before normal list items and lines (1000). */
  mkBefore: (content: NixValue): CallNode => of("mkBefore", content),
  /** Order 1500: after normal list items and lines (1000). */
  mkAfter: (content: NixValue): CallNode => of("mkAfter", content),
  mkOption: (props: OptionProps): CallNode => of("mkOption", toNix({ ...props }, { name: "mkOption" })),
  mkEnableOption: (what: string): CallNode => of("mkEnableOption", what),
  mkPackageOption: (
    pkgs: NixNode,
    name: string | readonly string[],
    props: { readonly [name: string]: NixValue } = {},
  ): CallNode => of("mkPackageOption", pkgs, name, props),
  literalExpression: (text: string): CallNode => of("literalExpression", text),
  optional: (condition: NixValue, item: NixValue): CallNode => of("optional", condition, item),
  optionals: (condition: NixValue, items: NixValue): CallNode => of("optionals", condition, items),
  optionalAttrs: (condition: NixValue, set: NixValue): CallNode => of("optionalAttrs", condition, set),
  optionalString: (condition: NixValue, text: NixValue): CallNode => of("optionalString", condition, text),
  concatStringsSep: (separator: NixValue, items: NixValue): CallNode => of("concatStringsSep", separator, items),
  concatMapStringsSep: (separator: NixValue, fn: NixNode, items: NixValue): CallNode =>
    of("concatMapStringsSep", separator, fn, items),
  mapAttrs: (fn: NixNode, set: NixValue): CallNode => of("mapAttrs", fn, set),
  mapAttrsToList: (fn: NixNode, set: NixValue): CallNode => of("mapAttrsToList", fn, set),
  filterAttrs: (fn: NixNode, set: NixValue): CallNode => of("filterAttrs", fn, set),
  getExe: (pkg: NixNode): CallNode => of("getExe", pkg),
  "getExe'": (pkg: NixNode, program: string): CallNode => of("getExe'", pkg, program),
  types,
} as const;
