import type { Construct } from "constructs";
import { at, defineProblem, failAll, type Problem } from "../../../errors";
import type { IHost } from "../../../host";
import { StackFeature, type StackFiles } from "../../../synth";
import type { CloudLabNode } from "../node";
import { type NixosTarget, nixosInstallScript } from "./install-script";
import { hardwareConfiguration, nixosNodeModule, nodeConfiguration } from "./node-module";

const NIXOS_NODE = defineProblem("NL-CLOUDLAB-NIXOS", "NixOS is installed on whole machines that can run it");

/** A host that shall run NixOS, and the node that it is. */
export interface CloudLabNixosMember {
  /** The host, with `platform: Platform.nixos()`. */
  readonly host: IHost;
  /** The node of the experiment that it was made from. */
  readonly node: CloudLabNode;
}

/** Which nodes become NixOS. */
export interface CloudLabNixosProps {
  /** The hosts and their nodes; nodes that are not listed keep their image. */
  readonly members: readonly CloudLabNixosMember[];
}

/**
 * Turns CloudLab nodes into NixOS. Writes `cloudlab/nixos.sh` (check, install, reboot), `cloudlab/nixos-node.nix`,
 * `cloudlab/hardware-configuration.nix` and `cloudlab/configuration.nix`, which becomes the node's own. Without it nodes keep the Ubuntu image they came with, which is the default
 * and needs no reinstall. One for each stack.
 *
 * Known to work on nodes that boot the boot sector of their first partition; nodes with UEFI are refused by the script.
 */
export class CloudLabNixos extends StackFeature {
  private readonly targets: readonly NixosTarget[];

  /** Throws `NL-CLOUDLAB-NIXOS` for hosts that do not run NixOS and nodes that are no whole machines. */
  constructor(scope: Construct, id: string, props: CloudLabNixosProps) {
    super(scope, id);
    const problems: Problem[] = [];
    this.targets = props.members.flatMap((member) => nixosTarget(member, problems) ?? []);
    at(this.node.path, () => failAll(problems));
  }

  contributeFiles(files: StackFiles): void {
    const path = this.node.path;
    files.add(path, "cloudlab/nixos.sh", nixosInstallScript(this.targets), "0755");
    files.add(path, "cloudlab/nixos-node.nix", nixosNodeModule());
    files.add(path, "cloudlab/hardware-configuration.nix", hardwareConfiguration());
    files.add(path, "cloudlab/configuration.nix", nodeConfiguration());
  }
}

function nixosTarget({ host, node }: CloudLabNixosMember, problems: Problem[]): NixosTarget | undefined {
  const refuse = (what: string, value: unknown, remedy: string) => {
    problems.push({ code: NIXOS_NODE.id, path: host.node.path, what, value, remedy });
    return undefined;
  };
  if (host.platform.kind !== "nixos") {
    return refuse(`host ${host.hostName} is not a NixOS host`, host.platform.kind, "platform: Platform.nixos()");
  }
  if (node.kind !== "bare-metal" || node.target.kind !== "ssh") {
    return refuse(`node ${node.clientId} is no whole machine`, node.kind, "nodes of kind bare-metal");
  }
  const { host: address, port = 22, user = "root", identityFile } = node.target;
  return { host: host.hostName, address, port, user, identityFile, release: host.platform.release };
}
