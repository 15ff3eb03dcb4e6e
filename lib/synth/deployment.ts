import { relative, resolve, sep } from "node:path";
import { Construct, type IConstruct } from "constructs";
import type { TargetSpec } from "../contract";
import { defineProblem, failAll, formatProblem } from "../errors";
import type { IHost } from "../host";
import { isFatal } from "../rules";
import type { Duration } from "../units";
import { Applier } from "./applier";
import { updateFile } from "../lock";
import { annotate, TerraformStack } from "./cdktf";
import { type CompiledStack, compileStack, type RegisteredHost } from "./compile";
import { departureNotice } from "./departure";
import { type DeploymentProps, deploymentPlan, windowProblems } from "./deployment-props";
import { deployedDigests, FleetResources, waveTriggers } from "./fleet-resources";
import { detectMixedInstallation } from "./installation";
import { LockFile } from "./lock";
import { type StackOutput, stackOutput } from "./output";
import { hookSynthesis } from "./synthesis";
import { claimTarget } from "./target-claims";
import { writeOutput } from "./write";
import { WAVE } from "./deployment-props";

const DEPLOYMENT_TWICE = defineProblem("NL-DEPLOYMENT-TWICE", "A stack has one deployment");
const HOST_TWICE = defineProblem("NL-HOST-TWICE", "Hosts of a stack have names of their own");

/** Runs of `app.synth()` in which all stacks were judged. */
const JUDGED = new WeakSet<object>();

const DEPLOYMENT = Symbol.for("netloom/Deployment");
const ID = "Deployment";

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

  /** Every stack is judged before the first one is written; once per run of the app, which a session stands for. */
  private static refuseBrokenStacks(stack: TerraformStack, session: object): void {
    if (JUDGED.has(session)) return;
    JUDGED.add(session);
    const deployments = Deployment.allOf(stack);
    if (deployments.length < 2) return; // a single stack is judged before it is written
    failAll(deployments.flatMap((other) => other.recompile().findings.filter(isFatal)));
    // Aspects run later, and cdktf may be told not to validate after them.
    for (const other of deployments) other.forget();
  }

  /** The reason why `stack` cannot have another deployment, if there is one, told before constructs' own, shorter words. */
  private static refuseSecond(stack: TerraformStack): TerraformStack {
    const taken = stack.node.tryFindChild(ID);
    if (taken === undefined) return stack;
    const deployment = Deployment.tryOf(stack);
    throw DEPLOYMENT_TWICE({
      path: taken.node.path,
      others: deployment === undefined ? [] : [...deployment.hosts.values()].slice(0, 1).map((h) => h.host.node.path),
      what:
        deployment === undefined
          ? `the stack has a construct with the id ${ID}, which Netloom needs for itself`
          : "the stack has its deployment already: it comes into being with the first host, mesh or other construct of Netloom",
      value: ID,
      allowed: "one deployment per stack",
      remedy:
        deployment === undefined
          ? "give that construct another id"
          : `create "new Deployment(stack, { … })" before the first host, and only once`,
    });
  }

  /** The lock file, relative to the project. */
  readonly lockFile: string;
  /** Names of the waves, first to last. */
  readonly waves: readonly string[];
  private readonly stack: TerraformStack;
  private readonly resources: FleetResources;
  private readonly window: number;
  private readonly installPackages: boolean;
  private readonly hosts = new Map<string, RegisteredHost>();
  private readLock = () => LockFile.read(this.lockFile);
  private result: CompiledStack | undefined;

  /** Throws when the stack has a deployment already, or a wave, window or path is malformed. */
  constructor(stack: TerraformStack, props: DeploymentProps = {}) {
    super(Deployment.refuseSecond(stack), ID);
    const owner = stack as TerraformStack & { [DEPLOYMENT]?: Deployment };
    detectMixedInstallation(stack);
    const plan = deploymentPlan(this.node.path, props);
    this.stack = stack;
    this.resources = new FleetResources(this, props.applier ?? Applier.nullResource(), plan.waves, {
      digests: () => deployedDigests(this.sound().hosts),
      triggersOf: (wave) => waveTriggers(this.sound().hosts, wave),
    });
    this.lockFile = plan.lockFile;
    this.waves = plan.waves;
    this.window = plan.window;
    this.installPackages = plan.installPackages;
    Object.defineProperty(owner, DEPLOYMENT, { value: this });
    hookSynthesis(stack, {
      refuseBrokenStacks: (session) => Deployment.refuseBrokenStacks(stack, session),
      refuse: () => void this.sound(),
      write: (directory, project) => this.write(directory, project),
    });
    // Thrown, not returned: cdktf would add the advice to skip validation, which cannot help here.
    this.node.addValidation({
      validate: () => {
        failAll(this.recompile().findings.filter(isFatal));
        return [];
      },
    });
  }

  /** Adds a host. Called by the host itself. */
  register(
    host: IHost,
    options: { readonly target?: TargetSpec; readonly wave?: string; readonly window?: Duration },
  ): void {
    const wave = options.wave ?? this.waves.at(-1)!;
    if (!this.waves.includes(wave)) {
      throw WAVE({
        path: host.node.path,
        what: "the stack has no such wave",
        value: wave,
        allowed: this.waves.join(", "),
        remedy: `new Deployment(stack, { waves: ["${wave}", …] }) before the first host`,
      });
    }
    const twin = this.hosts.get(host.hostName);
    if (twin !== undefined) {
      throw HOST_TWICE({
        path: host.node.path,
        others: [twin.host.node.path],
        what: "two hosts of one stack have the same name, so they would share a folder and a machine",
        value: host.hostName,
        allowed: "one host per name",
        remedy: "give one of them another hostName",
      });
    }
    if (options.window !== undefined) failAll(windowProblems(host.node.path, options.window));
    const { target } = options;
    if (target !== undefined) claimTarget(host, target);
    const entry: RegisteredHost = { host, target, wave, window: options.window?.toSeconds() ?? this.window };
    this.hosts.set(host.hostName, entry);
    if (entry.target !== undefined) this.resources.add(entry);
  }

  /** The compiled stack; compiled once per synthesis. */
  compiled(): CompiledStack {
    this.result ??= compileStack(this.stack, [...this.hosts.values()], this.readLock());
    return this.result;
  }

  /**
   * The compiled stack. Throws what was found to be wrong with it, whatever cdktf was told about validation: a stack
   * that does not compile has no hosts, and to deploy it would take Netloom off all of them.
   */
  private sound(): CompiledStack {
    const compiled = this.compiled();
    failAll(compiled.findings.filter(isFatal));
    return compiled;
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
      annotate(constructAt(this.stack, finding.path) ?? this, quiet ? "info" : "warn", `${text}${accepted}`);
    }
    return compiled;
  }

  /** Everything that the stack writes besides Terraform's files. `project` leads from the stack's folder to the project. */
  output(project: string): StackOutput {
    const { waves, lockFile: lock, installPackages } = this;
    return stackOutput(this.compiled(), { stack: this.stack.node.id, waves, lock, installPackages, project });
  }

  private write(directory: string, project: string): void {
    const output = this.output(relative(directory, project).split(sep).join("/") || ".");
    const deployed = new Set(this.compiled().hosts.flatMap((h) => (h.target === undefined ? [] : h.resolved.name)));
    const gone = writeOutput(directory, output.files).filter((host) => !deployed.has(host));
    if (gone.length > 0) process.stdout.write(`${departureNotice(this.stack.node.id, gone, deployed.size > 0)}\n`);
    if (output.lock !== "") {
      const { lock } = this.compiled().files;
      updateFile(resolve(project, this.lockFile), (text) => ({ text: lock.renderOnto(text), result: undefined }));
    }
  }

  private forget(): void {
    this.result = undefined;
  }
}

/** The construct with the given path in the app that `from` is in. */
function constructAt(from: IConstruct, path: string): IConstruct | undefined {
  if (path === "") return undefined;
  let at: IConstruct | undefined = from.node.root;
  for (const id of path.split("/")) at = at?.node.tryFindChild(id);
  return at;
}
