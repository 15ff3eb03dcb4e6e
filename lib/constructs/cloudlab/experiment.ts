import { existsSync, readFileSync } from "node:fs";
import type { Construct } from "constructs";
import { at, defineProblem, failAll, type Problem } from "../../errors";
import { MachineType } from "../../hardware";
import { StackFeature, type StackFiles } from "../../synth";
import { annotate } from "../../synth/cdktf";
import { checkAgainstProfile } from "./experiment-check";
import { allocatedLan, type CloudLabLan, plannedLan } from "./lan";
import { type CloudLabLifeCycleProps, ExperimentLifeCycle } from "./life-cycle";
import { readManifests } from "./manifest/read";
import type { Manifest } from "./manifest/types";
import { type CloudLabLogin, type CloudLabNode, cloudLabNode, lansByPort } from "./node";
import type { CloudLabProfile } from "./profile";
import { MANIFEST } from "./manifest/elements";
import { CLOUDLAB_NAME } from "./request/resolve";

const NO_SUCH_NODE = defineProblem("NL-CLOUDLAB-NODE", "A node that is asked for is in the experiment");

/** Where an experiment comes from and how to log in to it. */
export interface CloudLabExperimentProps extends CloudLabLogin {
  /** Profile that the experiment is made from. @default - somebody else's, then a manifest is needed */
  readonly profile?: CloudLabProfile;
  /**
   * Manifest files, relative to the project: XML from the portal's Manifest tab, one for each site, or the JSON that
   * the portal client writes. With a profile they need not exist yet. @default - none yet
   */
  readonly manifest?: string | readonly string[];
  /** Let Terraform create, extend and terminate the experiment. @default - you do it on the portal */
  readonly lifeCycle?: CloudLabLifeCycleProps;
}

/**
 * An experiment on CloudLab: first only asked for, later there.
 *
 * As long as the manifest file does not exist, `allocated` is false and `nodes` is empty, so loops over the nodes make
 * no hosts, while the profile is written and fabrics on its LANs ask for their jumbo frames. Once the file is there,
 * the same stack knows every host, MAC, address and LAN.
 *
 * @example
 * const profile = new CloudLabProfile(stack, "profile", { nodes: […], lans: […] });
 * const experiment = new CloudLabExperiment(stack, "experiment", { profile, manifest: "manifest.xml" });
 * const fabric = new JumboFabric(stack, "fabric", { lan: experiment.lan("lan0") });
 * fabric.attach(...experiment.nodes.map((node) => new BbrHost(stack, node.name, { machine: node, path })));
 */
export class CloudLabExperiment extends StackFeature {
  /** An experiment that exists, from its manifest file or files. Throws when one is missing or malformed. */
  static fromManifest(
    scope: Construct,
    id: string,
    manifest: string | readonly string[],
    login: CloudLabLogin = {},
  ): CloudLabExperiment {
    return new CloudLabExperiment(scope, id, { ...login, manifest });
  }

  /** Whether the manifest is there. */
  readonly allocated: boolean;
  /** Machines in the order of the manifest: bare metal, virtual machines and containers. Empty until allocated. */
  readonly nodes: readonly CloudLabNode[];
  private readonly manifest: Manifest | undefined;
  private readonly profile: CloudLabProfile | undefined;

  constructor(scope: Construct, id: string, props: CloudLabExperimentProps) {
    super(scope, id);
    this.profile = props.profile;
    this.manifest = at(this.node.path, () => readIfThere(props));
    this.allocated = this.manifest !== undefined;
    this.nodes = at(this.node.path, () => typedNodes(this.manifest, props));
    if (props.lifeCycle !== undefined) new ExperimentLifeCycle(this, "LifeCycle", props.lifeCycle, props);
  }

  /** The LAN of this name. Throws `NL-CLOUDLAB-LAN` when neither the manifest nor the profile has it. */
  lan(name: string): CloudLabLan {
    return at(this.node.path, () =>
      this.manifest !== undefined ? allocatedLan(this.manifest, name, this.profile) : plannedLan(this.profile!, name),
    );
  }

  /** The machine of this name, as in the profile. Throws `NL-CLOUDLAB-NODE`, with the names there are. */
  machine(name: string): CloudLabNode {
    const found = this.nodes.find((node) => node.clientId === name);
    if (found !== undefined) return found;
    throw NO_SUCH_NODE({
      path: this.node.path,
      what: this.allocated
        ? "the experiment has no such machine"
        : "the experiment has no machines before its manifest is there",
      value: name,
      allowed: this.nodes.map((node) => node.clientId).join(", ") || "none yet",
      remedy: this.allocated ? undefined : "if (experiment.allocated) …",
    });
  }

  contributeFiles(_files: StackFiles): void {
    if (this.manifest === undefined) return;
    for (const note of this.manifest.notes) annotate(this, "warn", `NL-MANIFEST: ${note}`);
    const profile = this.profile;
    if (profile === undefined) return;
    at(this.node.path, () => failAll(checkAgainstProfile(this.manifest!, profile.request())));
  }
}

function readIfThere({ profile, manifest }: CloudLabExperimentProps): Manifest | undefined {
  const paths = manifest === undefined ? [] : typeof manifest === "string" ? [manifest] : manifest;
  const missing = paths.filter((path) => !existsSync(path));
  if (profile !== undefined && missing.length === paths.length) return undefined;
  if (missing.length > 0 || paths.length === 0) {
    throw MANIFEST({
      what:
        paths.length === 0 ? "an experiment needs a profile, a manifest, or both" : "a manifest file does not exist",
      value: missing,
      allowed: "paths relative to the directory in which the stack is synthesized",
      remedy: "save the Manifest tab of the running experiment there, or give a profile to make the experiment first",
    });
  }
  return readManifests(paths.map((source) => ({ source, content: readFileSync(source) })));
}

function typedNodes(manifest: Manifest | undefined, props: CloudLabExperimentProps): readonly CloudLabNode[] {
  if (manifest === undefined) return [];
  const lookup = (hardware: string) => props.profile?.machineType(hardware) ?? MachineType.find(hardware);
  const machines = manifest.nodes.filter((node) => node.kind !== "other");
  const lanOf = lansByPort(manifest);
  const nodes = machines.map((node) => cloudLabNode(node, lanOf, props, lookup));
  const owners = new Map<string, CloudLabNode>();
  const problems: Problem[] = [];
  for (const node of nodes) {
    const other = owners.get(node.name);
    if (other !== undefined) {
      problems.push({
        code: CLOUDLAB_NAME.id,
        what: `nodes ${other.clientId} and ${node.clientId} would get the same host name`,
        value: node.name,
        remedy: "give them names in the profile that differ in more than case and punctuation",
      });
    }
    owners.set(node.name, node);
  }
  failAll(problems);
  return nodes;
}
