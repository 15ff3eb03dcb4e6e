import { attrs, checkVariable, type NixBindings } from "./bindings";
import { NixError } from "./error";
import { freeVariables, refuseFree } from "./scope";
import { type NixValue, toNix } from "./to-nix";
import { type AttrsNode, type Binding, type BindNode, isNode, type LambdaNode, make, type NixNode } from "./tree";

/** What a NixOS module is made of. */
export interface ModuleProps {
  /** Names that the module takes. @default - those of config, lib, pkgs, options, modulesPath and utils that are used */
  readonly args?: readonly string[];
  /** Modules with the same key are one module, however often they are imported. @default - the file's path */
  readonly key?: string;
  /** Further modules: paths, sets, functions. @default - none */
  readonly imports?: readonly NixValue[];
  /** Options that the module declares, each made with `lib.mkOption`. @default - none */
  readonly options?: NixBindings | NixNode;
  /** What the module sets. @default - nothing */
  readonly config?: NixBindings | NixNode;
}

/** The names that the module system hands to every module. */
const MODULE_ARGS = ["config", "lib", "options", "pkgs", "modulesPath", "utils"] as const;

/**
 * A NixOS module: a function of `{ …, ... }`. Without options the settings stand at the top; with options they stand
 * below `config`, because Nix allows nothing else next to `options`.
 *
 * @throws NixError when a variable is used that the module does not take
 */
export function module(props: ModuleProps): LambdaNode {
  const { imports = [], options, config = {} } = props;
  const settings = section(config, "config");
  const declared = options === undefined ? undefined : section(options, "options");
  const bindings: Binding[] = [];
  if (props.key !== undefined) bindings.push(bound("key", toNix(props.key, { name: "key" })));
  if (imports.length > 0) bindings.push(bound("imports", toNix(imports, { name: "imports" })));
  if (declared !== undefined) bindings.push(bound("options", declared));
  const plain =
    declared === undefined && settings.kind === "attrs" && !settings.rec && !settings.bindings.some(isReserved);
  if (plain) bindings.push(...settings.bindings);
  else if (config !== undefined) bindings.push(bound("config", settings));
  const body = make<AttrsNode>({ kind: "attrs", bindings: Object.freeze(bindings), rec: false });
  const args = props.args?.map((name) => checkVariable(name, "nix.module")) ?? usedArgs(body);
  refuseFree(body, args, "module");
  const formals = args.map((name) => Object.freeze({ name }));
  return make<LambdaNode>({
    kind: "lambda",
    parameter: Object.freeze({ formals: Object.freeze(formals), ellipsis: true }),
    body,
  });
}

function section(given: NixBindings | NixNode, name: string): NixNode {
  return isNode(given) ? given : attrs(given, { name });
}

function bound(name: string, value: NixNode): BindNode {
  return make<BindNode>({ kind: "bind", path: Object.freeze([name]), value });
}

/** Names that mean something else at the top of a module than below `config`. */
const RESERVED: ReadonlySet<unknown> = new Set([
  "imports",
  "options",
  "config",
  "_file",
  "_class",
  "key",
  "disabledModules",
  "freeformType",
  "meta",
  "require",
]);

function isReserved(binding: Binding): boolean {
  return binding.kind === "inherit" ? binding.names.some((name) => RESERVED.has(name)) : RESERVED.has(binding.path[0]);
}

function usedArgs(body: NixNode): readonly string[] {
  const free = freeVariables(body, MODULE_ARGS);
  return MODULE_ARGS.filter((name) => free.has(name));
}

/** An input of a flake: its URL, or its attributes. */
export type FlakeInput =
  | string
  | {
      /** Flake reference, e.g. `github:NixOS/nixpkgs/nixos-26.05`. @default - looked up by the input's name in the flake registry */
      readonly url?: string;
      /** False for a source tree that is no flake. @default true */
      readonly flake?: boolean;
      /** Another input that stands for this one, e.g. `nixpkgs` or `home-manager/nixpkgs`. @default - an input of its own */
      readonly follows?: string;
      /** Inputs of that flake, by name, and what replaces them. @default - as its own lock file has them */
      readonly inputs?: {
        readonly [name: string]: {
          /** The input of this flake that takes its place. */
          readonly follows: string;
        };
      };
    };

/** What a flake.nix is made of. */
export interface FlakeProps {
  /** One line of text. @default - none */
  readonly description?: string;
  /** Other flakes, by the name under which the outputs see them. @default - none */
  readonly inputs?: { readonly [name: string]: FlakeInput };
  /** What the flake offers. Its expressions may use `self`, the names of the inputs, and `inputs` for all of them. */
  readonly outputs: NixBindings | NixNode;
}

/**
 * A flake.nix. Nix reads description and inputs without evaluating anything, so they are plain data.
 *
 * @throws NixError when an input has a name that is no variable, or a variable is used that the flake does not have
 */
export function flake(props: FlakeProps): AttrsNode {
  const { description, inputs = {}, outputs } = props;
  const names = ["self", ...Object.keys(inputs).map((name) => checkVariable(name, "nix.flake inputs"))];
  if (new Set([...names, "inputs"]).size <= names.length) {
    throw new NixError({
      path: "nix.flake inputs",
      what: "is a name with a meaning of its own",
      value: "self or inputs",
      accepted: "other names",
    });
  }
  const body = section(outputs, "outputs");
  refuseFree(body, [...names, "inputs"], "outputs");
  const alias = freeVariables(body, ["inputs"]).has("inputs") ? { alias: "inputs" } : {};
  const formals = Object.freeze(names.map((name) => Object.freeze({ name })));
  const parameter = Object.freeze({ formals, ellipsis: true, ...alias });
  return attrs({
    description,
    inputs: Object.keys(inputs).length === 0 ? undefined : toNix(flakeInputs(inputs), { name: "inputs" }),
    outputs: make<LambdaNode>({ kind: "lambda", parameter, body }),
  });
}

function flakeInputs(inputs: { readonly [name: string]: FlakeInput }): NixValue {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [name, typeof input === "string" ? { url: input } : { ...input }]),
  );
}
