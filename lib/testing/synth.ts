import { relative, sep } from "node:path";
import { formatProblem, NetloomError, type Problem } from "../errors";
import type { ResolvedHost } from "../host";
import { type Finding, isFatal } from "../rules";
import { annotationsOf, invokeAspects, type TerraformStack } from "../synth/cdktf";
import { Deployment } from "../synth";
import { testStack } from "./test-stack";

/** How a stack is synthesized in memory. */
export interface SynthOptions {
  /** Content of the lock file before the run. @default - there is none; the one on disk is not read */
  readonly lock?: string;
}

/** A message that a construct carries. */
export interface TestAnnotation {
  /** Construct path. */
  readonly path: string;
  /** An `error` would stop the synthesis. */
  readonly level: "info" | "warning" | "error";
  /** Text as it was attached; for problems of Netloom with value, range and remedy. */
  readonly message: string;
}

/** Everything that a synthesis makes, without a file written. */
export interface SynthResult {
  /** Text of every file below the stack's folder, by path, besides `cdk.tf.json`; empty when there are errors, as nothing would be written. */
  readonly files: ReadonlyMap<string, string>;
  /** `cdk.tf.json` as data; empty when there are errors. */
  readonly tf: TerraformJson;
  /** Messages on constructs: warnings, accepted findings, and what other libraries say. */
  readonly annotations: readonly TestAnnotation[];
  /** Everything that would stop the synthesis, as text; empty for a good stack. */
  readonly errors: readonly string[];
  /** What rules and constructs found, fatal or not, acknowledged or not. */
  readonly findings: readonly Finding[];
  /** The merged settings of each host, by host name; empty when there are errors. */
  readonly hosts: ReadonlyMap<string, ResolvedHost>;
  /** Content of the lock file after the run; `""` when there would be none. */
  readonly lock: string;
}

/** Terraform's JSON syntax, as far as tests look into it. */
export interface TerraformJson {
  /** Resources by type and logical id. @default - the stack has none */
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly [block: string]: unknown;
}

/**
 * Synthesizes a stack in memory: prepares it, runs aspects and validations, compiles hosts, judges them, renders all
 * files and the Terraform JSON. Writes nothing, reads no lock file, and does not throw for bad input: what is wrong
 * is in `errors` and `findings`. Custom syntheses of other libraries, which exist to write files, are not run.
 *
 * @param stack a stack, or a function that fills a new one; what that throws counts as an error of the stack.
 */
export function synthToFiles(
  stack: TerraformStack | ((stack: TerraformStack) => void),
  options: SynthOptions = {},
): SynthResult {
  const target = typeof stack === "function" ? testStack() : stack;
  const failures = new Failures();
  if (typeof stack === "function") failures.of(target.node.path, () => stack(target));
  if (failures.errors.length > 0) return nothing(target, failures, options);
  const deployment = Deployment.tryOf(target);
  if (deployment === undefined) return inMemory(target, undefined, failures, options);
  return deployment.withLock(options.lock ?? "", () => inMemory(target, deployment, failures, options));
}

/** Collects what would stop a synthesis. */
class Failures {
  readonly errors: string[] = [];
  readonly problems: Problem[] = [];

  /** Runs `step`; what it throws becomes an error at `path`. */
  of<T>(path: string, step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      if (error instanceof NetloomError) {
        const problems = error.problems.map((problem) => ({ path, ...problem }));
        this.problems.push(...problems);
        this.errors.push(...problems.map(formatProblem));
      } else {
        const message = error instanceof Error ? error.message : String(error);
        this.errors.push(message.startsWith("[") ? message : `[${path}] ${message}`);
      }
      return undefined;
    }
  }
}

function inMemory(
  stack: TerraformStack,
  deployment: Deployment | undefined,
  failures: Failures,
  options: SynthOptions,
): SynthResult {
  const { path } = stack.node;
  failures.of(path, () => stack.prepareStack());
  failures.of(path, () => invokeAspects(stack));
  const compiled = deployment && failures.of(path, () => deployment.recompile());
  const fatal = compiled?.findings.filter(isFatal) ?? [];
  failures.errors.push(...fatal.map(formatProblem));
  validate(stack, deployment, failures);
  for (const annotation of annotationsOf(stack)) {
    if (annotation.level === "error") failures.errors.push(`[${annotation.path}] ${annotation.message}`);
  }
  if (failures.errors.length > 0) return nothing(stack, failures, options, compiled?.findings);
  const tf = failures.of(path, () => terraformJson(stack)) ?? {};
  const output = deployment && failures.of(path, () => deployment.output("../../.."));
  if (failures.errors.length > 0) return nothing(stack, failures, options, compiled?.findings);
  return {
    files: new Map([...(output?.files ?? [])].map(([name, file]) => [name, file.content])),
    tf,
    annotations: annotationsOf(stack),
    errors: [],
    findings: compiled?.findings ?? [],
    hosts: new Map(compiled?.hosts.map(({ resolved }) => [resolved.name, resolved])),
    lock: output?.lock ?? options.lock ?? "",
  };
}

/** The deployment's own validation would only repeat the findings, and compile everything again for that. */
function validate(stack: TerraformStack, deployment: Deployment | undefined, failures: Failures): void {
  for (const construct of stack.node.findAll()) {
    if (construct === deployment) continue;
    const messages = failures.of(construct.node.path, () => construct.node.validate()) ?? [];
    failures.errors.push(...messages.map((message) => `[${construct.node.path}] ${message}`));
  }
}

/** Without a backend of the user's, cdktf keeps the state in an absolute path, which no test should depend on. */
function terraformJson(stack: TerraformStack): TerraformJson {
  const tf = JSON.parse(JSON.stringify(stack.toTerraform())) as TerraformJson & {
    terraform?: { backend?: { local?: { path?: string } } };
  };
  const local = tf.terraform?.backend?.local;
  if (local?.path !== undefined) local.path = relative(process.cwd(), local.path).split(sep).join("/");
  return tf;
}

function nothing(
  stack: TerraformStack,
  failures: Failures,
  options: SynthOptions,
  findings: readonly Finding[] = [],
): SynthResult {
  const thrown = failures.problems.map((p): Finding => ({ ...p, path: p.path ?? stack.node.path, severity: "error" }));
  return {
    files: new Map(),
    tf: {},
    annotations: annotationsOf(stack),
    errors: failures.errors,
    findings: [...findings, ...thrown],
    hosts: new Map(),
    lock: options.lock ?? "",
  };
}
