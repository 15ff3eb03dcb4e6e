/**
 * The only door to cdktf. Everything that Netloom uses of it is named here, so that what an upgrade,
 * or the alias `cdktf@npm:cdktn`, has to keep is one short list.
 */
import type { IConstruct } from "constructs";

export type { IResolveContext, ISynthesisSession, LocalExecProvisioner } from "cdktf";
export { Lazy, TerraformResource, TerraformStack, Token } from "cdktf";

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

/**
 * Adds an annotation without the stack trace that `Annotations.of(…)` would put into `manifest.json`:
 * traces hold absolute paths, and the output must be the same on every machine.
 */
export function annotate(construct: IConstruct, level: "info" | "warn", message: string): void {
  const type = `@cdktf/${level}`;
  if (construct.node.metadata.some((entry) => entry.type === type && entry.data === message)) return;
  construct.node.addMetadata(type, message);
}

/**
 * `text` as a literal in a Terraform attribute. Terraform evaluates `${…}` and `%{…}` in every string,
 * so text that came from a user must not be passed without this.
 */
export function literal(text: string): string {
  return text.replaceAll("${", "$${").replaceAll("%{", "%%{");
}
