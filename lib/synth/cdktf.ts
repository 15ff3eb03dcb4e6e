/**
 * The only door to cdktf. Everything that Netloom uses of it is named here, so that what an upgrade,
 * or the alias `cdktf@npm:cdktn`, has to keep is one short list.
 */
import { Aspects, type IAspect, type IResolvable, type IResolveContext, Token } from "cdktf";
import type { IConstruct } from "constructs";

export type { IResolveContext, ISynthesisSession, LocalExecProvisioner } from "cdktf";
export { App, TerraformElement, TerraformResource, TerraformStack, Token } from "cdktf";

/** `@cdktf/provider-null`, loaded only by stacks that use it: it costs start-up time. */
export function nullProvider(): {
  readonly Resource: typeof import("@cdktf/provider-null/lib/resource").Resource;
  readonly NullProvider: typeof import("@cdktf/provider-null/lib/provider").NullProvider;
} {
  return {
    Resource: require("@cdktf/provider-null/lib/resource").Resource,
    NullProvider: require("@cdktf/provider-null/lib/provider").NullProvider,
  };
}

/** Text that is asked for when the stack is resolved. `Lazy` would do, but keeps a stack trace of each, which nobody reads. */
export function lazyText(produce: (context: IResolveContext) => string): string {
  const token: IResolvable = { creationStack: [], resolve: produce, toString: () => Token.asString(token) };
  return token.toString();
}

/** The same for texts by name. */
export function lazyMap(
  produce: (context: IResolveContext) => Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const token: IResolvable = { creationStack: [], resolve: produce, toString: () => Token.asString(token) };
  return Token.asStringMap(token);
}

/** The same for a list of texts. */
export function lazyList(produce: () => readonly string[]): string[] {
  const token: IResolvable = {
    creationStack: [],
    resolve: () => [...produce()],
    toString: () => Token.asString(token),
  };
  return Token.asList(token);
}

/**
 * Adds an annotation without the stack trace that `Annotations.of(…)` would put into `manifest.json`:
 * traces hold absolute paths, and the output must be the same on every machine.
 */
export function annotate(construct: IConstruct, level: "info" | "warn", message: string): void {
  const type = `@cdktf/${level}`;
  if (construct.node.metadata.some((entry) => entry.type === type && entry.data === message)) return;
  construct.node.addMetadata(type, message);
}

/** A message on a construct. */
export interface Annotation {
  readonly path: string;
  readonly level: "info" | "warning" | "error";
  readonly message: string;
}

const LEVELS: Readonly<Record<string, Annotation["level"]>> = {
  "@cdktf/info": "info",
  "@cdktf/warn": "warning",
  "@cdktf/error": "error",
};

/** The messages on `root` and everything below it. */
export function annotationsOf(root: IConstruct): readonly Annotation[] {
  return root.node.findAll().flatMap((construct) =>
    construct.node.metadata.flatMap(({ type, data }): Annotation[] => {
      const level = LEVELS[type];
      return level === undefined ? [] : [{ path: construct.node.path, level, message: String(data) }];
    }),
  );
}

/** Lets aspects visit `root` and everything below it, each construct once, as cdktf does; its own function for that is private. */
export function invokeAspects(root: IConstruct, inherited: readonly IAspect[] = []): void {
  const aspects = [...inherited, ...Aspects.of(root).all];
  for (const aspect of new Set(aspects)) aspect.visit(root);
  for (const child of root.node.children) invokeAspects(child, aspects);
}

/**
 * `text` as a literal in a Terraform attribute. Terraform evaluates `${…}` and `%{…}` in every string,
 * so text that came from a user must not be passed without this.
 */
export function literal(text: string): string {
  return text.replace(/[$%]\{/g, (mark) => mark[0] + mark);
}
