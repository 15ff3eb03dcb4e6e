export type { NixBindings, PathStep } from "./bindings";
export { NixError, type NixProblem } from "./error";
export { lib, type OptionProps } from "./lib-mirror";
export type { FlakeInput, FlakeProps, ModuleProps } from "./module";
export { type FunctionParameter, nix } from "./nix";
export { type PrintOptions, print } from "./print";
export { freeVariables } from "./scope";
export type { Interpolated } from "./template";
export { type NixValue, toNix, type ToNixOptions } from "./to-nix";
export {
  type BinaryOperator,
  type Binding,
  type BindNode,
  type BindingNotes,
  isBinding,
  isNode,
  type NixNode,
} from "./tree";
export { checkOptions, type OptionEntry, type OptionProblem } from "./check-options";
