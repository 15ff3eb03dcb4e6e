import { defineProblem } from "../../errors";
import type { MachineType } from "../../hardware";
import type { NetworkInterfaceProps } from "../../host";
import { Target, type TargetSpec } from "../../synth";
import type { IMachine, Testbed } from "../host";
import type { Manifest, ManifestInterface, ManifestLan, ManifestNode } from "./manifest/types";
import type { CloudLabSite } from "./sites";
import { CLOUDLAB } from "./testbed";

const NO_LOGIN = defineProblem("NL-CLOUDLAB-LOGIN", "The manifest says how to log in to a node");
const WHICH_USER = defineProblem("NL-CLOUDLAB-USER", "It is clear which user of a node you are");

/** A machine that CloudLab gave us. Goes as `machine` into any host. */
export interface CloudLabNode extends IMachine {
  /** Host name: the name in the profile, in lower case. */
  readonly name: string;
  /** Name in the profile, as written. */
  readonly clientId: string;
  /** What was allocated: a whole machine, or a share of one. */
  readonly kind: "bare-metal" | "virtual-machine" | "container";
  /** Hardware type in the testbed's words, e.g. `c220g5`, whether the catalogue has it or not. @default - the manifest does not say */
  readonly hardware?: string;
  /** Cluster. @default - one that is not in the list of sites */
  readonly site?: CloudLabSite;
  /** Name of the machine, e.g. `c220g5-110521`. @default - the manifest does not say */
  readonly component?: string;
  /** Ports of the experiment, and the control port. */
  readonly interfaces: readonly NetworkInterfaceProps[];
  /** Address on the control network. @default - the manifest does not say */
  readonly controlAddress?: string;
  readonly target: TargetSpec;
  readonly testbed: Testbed;
}

/** How to log in to the nodes. */
export interface CloudLabLogin {
  /** User on the nodes. @default - the only user that the manifest lists */
  readonly user?: string;
  /** Path of the private key. @default - the agent, or what the SSH configuration says */
  readonly identityFile?: string;
}

/** The LAN of every interface, by client id. */
export function lansByPort(manifest: Manifest): ReadonlyMap<string, ManifestLan> {
  return new Map(manifest.lans.flatMap((lan) => lan.members.map((member) => [member, lan] as const)));
}

const HOST_NAME_LENGTH = 63;
const FULL_LENGTH = { 4: 32, 6: 128 } as const;

/** The typed node behind a node of a manifest. Throws `NL-CLOUDLAB-USER` or `NL-CLOUDLAB-LOGIN` when nobody can log in. */
export function cloudLabNode(
  node: ManifestNode,
  lanOf: ReadonlyMap<string, ManifestLan>,
  login: CloudLabLogin,
  machineType: (hardware: string) => MachineType | undefined,
): CloudLabNode {
  const control = node.controlAddress;
  return {
    name: hostName(node.name),
    clientId: node.name,
    kind: node.kind as CloudLabNode["kind"],
    hardware: node.hardware,
    machineType: node.hardware === undefined ? undefined : machineType(node.hardware),
    site: node.site,
    component: node.component,
    interfaces: [
      ...node.interfaces.map((port, index) => experimentPort(port, index, node, lanOf.get(port.clientId))),
      // Netmask and MAC of the control port are in no manifest; hosts know it as the one that is never touched.
      { id: "control", control: true, addresses: control === undefined ? [] : [hostPrefix(control)] },
    ],
    controlAddress: control,
    target: target(node, login),
    testbed: CLOUDLAB,
  };
}

/** `client_id` as a DNS label. */
function hostName(clientId: string): string {
  return clientId
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, HOST_NAME_LENGTH)
    .replace(/^-+|-+$/g, "");
}

function hostPrefix(address: string): string {
  return `${address}/${FULL_LENGTH[address.includes(":") ? 6 : 4]}`;
}

/**
 * A port that shares its cable with others is a VLAN device: its MAC is made up by the testbed and is no permanent
 * address of anything, so only the name is left to find it by (`vlan<tag>`, as the testbed's client side calls it).
 */
function experimentPort(
  port: ManifestInterface,
  index: number,
  node: ManifestNode,
  lan: ManifestLan | undefined,
): NetworkInterfaceProps {
  const isVlanDevice = node.kind === "bare-metal" && (port.virtual || lan?.tagged === true);
  return {
    id: `exp${index}`,
    ...(isVlanDevice ? { name: vlanDevice(lan) } : { mac: port.mac?.toString() }),
    addresses: port.addresses.map((address) => address.toString()),
    lan: lan?.name,
    speed: lan?.shaped === true ? undefined : lan?.capacity,
    control: false,
  };
}

function vlanDevice(lan: ManifestLan | undefined): string | undefined {
  return lan?.vlan === undefined ? undefined : `vlan${lan.vlan}`;
}

function target(node: ManifestNode, login: CloudLabLogin): TargetSpec {
  const users = [...new Set(node.logins.flatMap(({ user }) => user ?? []))].sort();
  const user = login.user ?? (users.length === 1 ? users[0] : undefined);
  const host = node.logins.find((entry) => entry.user === user)?.host ?? node.logins[0]?.host ?? node.controlAddress;
  if (host === undefined) {
    throw NO_LOGIN({
      what: `the manifest says neither a login nor a control address for node ${node.name}`,
      remedy: "wait until the experiment is ready and fetch the manifest again",
    });
  }
  if (user === undefined) {
    throw WHICH_USER({
      what: `the manifest lists ${users.length || "no"} users for node ${node.name}; which one are you?`,
      allowed: users.join(", ") || "your user name on the portal",
      remedy: `{ user: "${users[0] ?? "alice"}" }`,
    });
  }
  return Target.ssh({ host, port: node.logins[0]?.port, user, identityFile: login.identityFile });
}
