import type { Construct } from "constructs";
import { at, failAll, formatProblem, type Problem } from "../../errors";
import { MachineType } from "../../hardware";
import { StackFeature, type StackFiles } from "../../synth";
import { annotate } from "../../synth/cdktf";
import { lansWithLargeMtu } from "./large-mtu";
import { lintRequestRspec } from "./lint/request-lint";
import { checkRequest } from "./request/check";
import type { RequestModel } from "./request/model";
import { writeProfileScript } from "./request/profile-script";
import type { CloudLabTopologyProps } from "./request/props";
import { resolveRequest } from "./request/resolve";
import { writeRequestRspec } from "./request/rspec";
import { CLOUDLAB_SITES, type CloudLabSite } from "./sites";
import { CLOUDLAB_NAME } from "./request/resolve";

/** What a profile asks for, and what the portal shows about it. */
export interface CloudLabProfileProps extends CloudLabTopologyProps {
  /** Base name of the files below `cloudlab/`. @default - the construct id */
  readonly fileName?: string;
  /** First paragraph on the portal's page, Markdown. @default - a sentence that counts nodes and LANs */
  readonly description?: string;
  /** Shown once the experiment runs, Markdown. @default - how to hand the manifest to the stack */
  readonly instructions?: string;
  /** Hardware types that the catalogue lacks. @default - none */
  readonly machineTypes?: readonly MachineType[];
}

const FILE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,47}$/;
const DEFAULT_INSTRUCTIONS =
  "When all nodes are ready, save the Manifest tab as `manifest.xml` next to the stack and synthesize again.";

/**
 * A request for CloudLab hardware. Writes `cloudlab/<name>.rspec.xml`, to be pasted into the portal, and
 * `cloudlab/<name>.py`, the same as a geni-lib profile with parameters.
 *
 * Refused at synthesis: hardware types that do not exist or have too few or too slow ports, addresses twice or outside
 * their subnet, overlapping subnets, malformed names, URNs and block stores.
 *
 * @example
 * new CloudLabProfile(stack, "two-nodes", {
 *   nodes: [{ name: "node0", hardware: "c220g5" }, { name: "node1", hardware: "c220g5" }],
 *   lans: [{ name: "lan0", members: ["node0", "node1"], jumbo: true }],
 * });
 */
export class CloudLabProfile extends StackFeature {
  /** Base name of the files below `cloudlab/`. */
  readonly fileName: string;
  private readonly props: CloudLabProfileProps;

  constructor(scope: Construct, id: string, props: CloudLabProfileProps) {
    super(scope, id);
    this.fileName = props.fileName ?? id;
    if (!FILE_NAME.test(this.fileName)) {
      throw CLOUDLAB_NAME({
        path: this.node.path,
        what: "this cannot be the name of a profile; it becomes a file and the profile's name on the portal",
        value: this.fileName,
        allowed: "letters, digits, _ and -, first a letter, at most 48",
        remedy: `fileName: "two-nodes"`,
      });
    }
    this.props = props;
  }

  /** The request with all defaults filled in; LANs of fabrics with an MTU above 1500 get jumbo frames. Throws everything that is wrong with it in itself. */
  request(): RequestModel {
    const problems: Problem[] = [];
    const large = lansWithLargeMtu(this);
    const lans = this.props.lans?.map((lan) => ({ ...lan, jumbo: lan.jumbo || large.has(lan.name) }));
    return at(this.node.path, () => {
      const siteOf = (hardware: string) => siteOfType(this.machineType(hardware));
      const model = resolveRequest({ ...this.props, lans }, siteOf, problems);
      failAll(problems);
      return model;
    });
  }

  /** The hardware type of this name, of the profile's own or of the catalogue. */
  machineType(hardware: string): MachineType | undefined {
    return this.props.machineTypes?.find((type) => type.id === hardware) ?? MachineType.find(hardware);
  }

  contributeFiles(files: StackFiles): void {
    const model = this.request();
    const rspec = writeRequestRspec(model);
    const findings = [
      checkRequest(model, (hardware) => this.machineType(hardware)),
      lintRequestRspec(rspec, `${this.fileName}.rspec.xml`),
    ];
    for (const warning of findings.flatMap(({ warnings }) => warnings)) {
      annotate(this, "warn", formatProblem({ path: this.node.path, ...warning }));
    }
    at(this.node.path, () => failAll(findings.flatMap(({ errors }) => errors)));
    const path = this.node.path;
    files.add(path, `cloudlab/${this.fileName}.rspec.xml`, rspec);
    files.add(path, this.scriptFile, writeProfileScript(model, this.texts(model)));
  }

  /** Path of the geni-lib script in the stack's folder. */
  get scriptFile(): string {
    return `cloudlab/${this.fileName}.py`;
  }

  private texts(model: RequestModel): { readonly description: string; readonly instructions: string } {
    const types = [...new Set(model.nodes.map((node) => node.hardware))].sort().join(", ");
    return {
      description: this.props.description ?? `${model.nodes.length} nodes (${types}) and ${model.lans.length} LANs.`,
      instructions: this.props.instructions ?? DEFAULT_INSTRUCTIONS,
    };
  }
}

function siteOfType(type: MachineType | undefined): CloudLabSite | undefined {
  const name = type?.site.toLowerCase();
  return name !== undefined && Object.hasOwn(CLOUDLAB_SITES, name) ? (name as CloudLabSite) : undefined;
}
