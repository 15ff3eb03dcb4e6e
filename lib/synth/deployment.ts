import { relative, resolve, sep } from "node:path";
import { Construct, type IConstruct } from "constructs";
import { fail, formatProblem, NetloomError, type Problem } from "../errors";
import type { IHost } from "../host";
import { isFatal } from "../rules";
import { Duration } from "../units";
import { type AppliedResource, Applier, type ApplierSpec } from "./applier";
import { annotate, TerraformStack } from "./cdktf";
import { type CompiledStack, compileStack, type RegisteredHost } from "./compile";
import { detectMixedInstallation } from "./installation";
import { LockFile } from "./lock";
import { hostResource, waveResource } from "./resources";
import { type StackOutput, stackOutput } from "./output";
import { hookSynthesis } from "./synthesis";
import type { TargetSpec } from "./target";
import { writeIfChanged, writeOutput } from "./write";

/** How the hosts of a stack are deployed. */
export interface DeploymentProps {
  /** Which Terraform resource type carries the deploy. @default Applier.nullResource() */
  readonly applier?: ApplierSpec;
  /**
   * Names of waves, first to last: a wave is applied, proved and confirmed before the next one begins.
   * Hosts choose theirs with `wave`. @default ["default"]
   */
  readonly waves?: readonly string[];
  /** How long a host waits for the confirmation before it reverts by itself; 5 s to 1 h. @default Duration.minutes(2) */
  readonly window?: Duration;
  /** The lock file, relative to the project (where synth runs). @default "netloom.lock.json" */
  readonly lockFile?: string;
}

const DEPLOYMENT = Symbol.for("netloom/Deployment");
const ID = "Deployment";
const DEFAULT_WAVE = "default";
const WAVE_NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

/**
 * What one stack deploys, and how. There is one per stack; it comes into being with the first host, so create it
 * yourself, before any host, only to change a default.
 */
export class Deployment extends Construct {
  /** The deployment of the stack that `construct` is in. */
  static of(construct: IConstruct): Deployment {
    return Deployment.tryOf(construct) ?? new Deployment(TerraformStack.of(construct));
  }

  /** The deployment of the stack that `construct` is in, if it has one. */
  static tryOf(construct: IConstruct): Deployment | undefined {
    return (TerraformStack.of(construct) as TerraformStack & { [DEPLOYMENT]?: Deployment })[DEPLOYMENT];
  }

  /** All deployments of the app that `construct` is in. */
  static allOf(construct: IConstruct): readonly Deployment[] {
    return construct.node.root.node
      .findAll()
      .map((node) => (node as { [DEPLOYMENT]?: Deployment })[DEPLOYMENT])
      .filter((deployment) => deployment !== undefined);
  }

  private static refuseBrokenStacks(stack: TerraformStack): void {
    const deployments = Deployment.allOf(stack);
    if (deployments.length < 2) return; // cdktf validates a single stack before it writes anything
    const problems = deployments.flatMap((other) => other.recompile().findings.filter(isFatal));
    if (problems.length > 0) throw new NetloomError(problems);
  }

  /** The lock file, relative to the project. */
  readonly lockFile: string;
  /** Names of the waves, first to last. */
  readonly waves: readonly string[];
  private readonly stack: TerraformStack;
  private readonly applier: ApplierSpec;
  private readonly window: Duration;
  private readonly hosts = new Map<string, RegisteredHost>();
  private readonly commits = new Map<string, AppliedResource>();
  private readLock = () => LockFile.read(this.lockFile);
  private result: CompiledStack | undefined;
  private digests: ReadonlyMap<string, string> | undefined;

  /** Throws when the stack has a deployment already. */
  constructor(stack: TerraformStack, props: DeploymentProps = {}) {
    super(stack, ID);
    const owner = stack as TerraformStack & { [DEPLOYMENT]?: Deployment };
    detectMixedInstallation(stack);
    this.stack = stack;
    this.applier = props.applier ?? Applier.nullResource();
    this.lockFile = props.lockFile ?? "netloom.lock.json";
    this.waves = props.waves ?? [DEFAULT_WAVE];
    this.window = props.window ?? Duration.minutes(2);
    const seconds = this.window.toSeconds();
    const problems: Problem[] = [];
    if (!Number.isInteger(seconds) || seconds < 5 || seconds > 3600) {
      problems.push({
        code: "NL-WINDOW",
        what: "the window for confirmation is out of range",
        value: this.window.toString(),
        allowed: "whole seconds from 5 s to 1 h",
        remedy: "window: Duration.minutes(2)",
      });
    }
    for (const [i, wave] of this.waves.entries()) {
      if (WAVE_NAME.test(wave) && this.waves.indexOf(wave) === i) continue;
      problems.push({
        code: "NL-WAVE",
        what: "wave names are DNS labels and unique",
        value: wave,
        allowed: "a-z 0-9 -, at most 32",
        remedy: `waves: ["canary", "rest"]`,
      });
    }
    if (problems.length > 0 || this.waves.length === 0) {
      throw new NetloomError(
        problems.length > 0
          ? problems.map((p) => ({ path: this.node.path, ...p }))
          : {
              code: "NL-WAVE",
              path: this.node.path,
              what: "a deployment needs at least one wave",
              value: [],
              remedy: `leave "waves" out`,
            },
      );
    }
    Object.defineProperty(owner, DEPLOYMENT, { value: this });
    hookSynthesis(stack, {
      refuseBrokenStacks: () => Deployment.refuseBrokenStacks(stack),
      write: (directory, project) => this.write(directory, project),
    });
    this.node.addValidation({ validate: () => this.recompile().findings.filter(isFatal).map(formatProblem) });
  }

  /** Adds a host. Called by the host itself. */
  register(
    host: IHost,
    options: { readonly target?: TargetSpec; readonly wave?: string; readonly window?: Duration },
  ): void {
    const wave = options.wave ?? this.waves.at(-1)!;
    if (!this.waves.includes(wave)) {
      fail({
        code: "NL-WAVE",
        path: host.node.path,
        what: "the stack has no such wave",
        value: wave,
        allowed: this.waves.join(", "),
        remedy: `new Deployment(stack, { waves: ["${wave}", …] }) before the first host`,
      });
    }
    const twin = this.hosts.get(host.hostName);
    if (twin !== undefined) {
      fail({
        code: "NL-HOST-TWICE",
        path: host.node.path,
        others: [twin.host.node.path],
        what: "two hosts of one stack have the same name, so they would share a folder and a machine",
        value: host.hostName,
        allowed: "one host per name",
        remedy: "give one of them another hostName",
      });
    }
    const entry: RegisteredHost = {
      host,
      target: options.target,
      wave,
      window: (options.window ?? this.window).toSeconds(),
    };
    this.hosts.set(host.hostName, entry);
    if (entry.target === undefined) return;
    const resource = hostResource(this.applier, entry, () => this.digestOf(host.hostName));
    this.commitOf(wave).waitFor(resource.address);
  }

  /** The compiled stack; compiled once per synthesis. */
  compiled(): CompiledStack {
    this.result ??= compileStack(this.stack, [...this.hosts.values()], this.readLock());
    return this.result;
  }

  /** Runs `synthesize` with `text` (`""` = none) in place of the lock file on disk, for syntheses in memory. */
  withLock<T>(text: string, synthesize: () => T): T {
    const read = this.readLock;
    this.readLock = () => (text === "" ? LockFile.empty() : LockFile.parse(text));
    try {
      return synthesize();
    } finally {
      this.readLock = read;
      this.forget();
    }
  }

  /** Compiles anew: aspects and late calls may have changed constructs since the last time. */
  recompile(): CompiledStack {
    this.forget();
    const compiled = this.compiled();
    for (const finding of compiled.findings) {
      if (isFatal(finding)) continue;
      const text = formatProblem(finding);
      const accepted = finding.acknowledged === undefined ? "" : `\n  accepted: ${finding.acknowledged}`;
      const quiet = finding.severity === "info" || finding.acknowledged !== undefined;
      annotate(this.stack.node.tryFindChild(ID) ?? this.stack, quiet ? "info" : "warn", `${text}${accepted}`);
    }
    return compiled;
  }

  /** Everything that the stack writes besides Terraform's files. `project` leads from the stack's folder to the project. */
  output(project: string): StackOutput {
    return stackOutput(this.compiled(), { stack: this.stack.node.id, waves: this.waves, lock: this.lockFile, project });
  }

  private write(directory: string, project: string): void {
    const output = this.output(relative(directory, project).split(sep).join("/") || ".");
    writeOutput(directory, output.files);
    if (output.lock !== "") writeIfChanged(resolve(project, this.lockFile), output.lock);
  }

  private forget(): void {
    this.result = undefined;
    this.digests = undefined;
  }

  private digestOf(hostName: string): string {
    this.digests ??= new Map(this.compiled().hosts.map((host) => [host.resolved.name, host.digest]));
    return this.digests.get(hostName) ?? "";
  }

  private commitOf(wave: string): AppliedResource {
    const existing = this.commits.get(wave);
    if (existing !== undefined) return existing;
    const digests = () =>
      this.compiled()
        .hosts.filter((h) => h.wave === wave && h.target !== undefined)
        .map((h) => `${h.resolved.name} ${h.digest}`);
    const resource = waveResource(this.applier, this, wave, digests);
    this.commits.set(wave, resource);
    return resource;
  }
}
