import { defineProblem, type Problem } from "../../../errors";
import { Cidr } from "../../../net";
import type { Rate } from "../../../units";
import { requireUnit } from "../../../units/unit-value";
import { collect } from "../collect";
import { CLOUDLAB_SITES, type CloudLabSite, managerUrn, requireUrn, UBUNTU_22_IMAGE } from "../sites";
import { assignAddresses } from "./addresses";
import type { RequestInterface, RequestLan, RequestModel, RequestNode } from "./model";
import type { CloudLabLanProps, CloudLabNodeProps, CloudLabTopologyProps } from "./props";

const LAN_SIZE = defineProblem("NL-CLOUDLAB-LAN-SIZE", "A LAN has at least two members");
const LAN_MEMBER = defineProblem("NL-CLOUDLAB-MEMBER", "Members of a LAN are nodes of the profile");
export const CLOUDLAB_NAME = defineProblem("NL-CLOUDLAB-NAME", "The testbed takes names of profiles, nodes and LANs");
const NO_SUCH_SITE = defineProblem("NL-CLOUDLAB-SITE", "A site exists");
const NAME_TWICE = defineProblem("NL-CLOUDLAB-TWICE", "Nodes and LANs of a profile have names of their own");

const NODE_NAME = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;
const LAN_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const COMPONENT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const KILO = 1000;

/** Where a hardware type is, as far as the catalogue knows. */
export type SiteLookup = (hardware: string) => CloudLabSite | undefined;

type PortsByNode = ReadonlyMap<string, RequestInterface[]>;

/**
 * Fills in defaults, numbers the ports of every node and assigns addresses. What is wrong in itself (names,
 * addresses, unknown members) goes to `problems`; what the hardware cannot do is the business of `checkRequest`.
 */
export function resolveRequest(
  props: CloudLabTopologyProps,
  siteOfType: SiteLookup,
  problems: Problem[],
): RequestModel {
  const ports = new Map<string, RequestInterface[]>();
  for (const { name } of props.nodes) {
    checkName("node", name, NODE_NAME, "letters, digits and -, first a letter, at most 63", problems);
    if (ports.has(name)) problems.push(twice("node name", name));
    ports.set(name, []);
  }
  const lanNames = new Set<string>();
  const lans = (props.lans ?? []).map((lan, index) => {
    checkName("LAN", lan.name, LAN_NAME, "letters, digits, _ and -, first a letter, at most 32", problems);
    if (lanNames.has(lan.name) || ports.has(lan.name)) problems.push(twice("name", lan.name));
    lanNames.add(lan.name);
    return resolveLan(lan, index, ports, problems);
  });
  const nodes = props.nodes.map((node) => resolveNode(node, ports.get(node.name)!, siteOfType, problems));
  return { nodes, lans };
}

function resolveNode(
  props: CloudLabNodeProps,
  interfaces: readonly RequestInterface[],
  siteOfType: SiteLookup,
  problems: Problem[],
): RequestNode {
  const site = knownSite(props, problems) ?? siteOfType(props.hardware);
  const image = props.image ?? UBUNTU_22_IMAGE;
  collect(problems, () => requireUrn(image, "image", `image: "${UBUNTU_22_IMAGE}"`));
  if (props.component !== undefined) {
    checkName("machine", props.component, COMPONENT_NAME, `a name such as "c220g5-110521"`, problems);
  }
  return {
    name: props.name,
    hardware: props.hardware,
    manager: site && managerUrn(site),
    component: props.component && site && `urn:publicid:IDN+${CLOUDLAB_SITES[site]}+node+${props.component}`,
    image,
    interfaces,
    install: props.install ?? [],
    startup: props.startup ?? [],
    blockstores: props.blockstores ?? [],
    publicAddress: props.publicAddress ?? false,
    tolerateBootFailure: props.tolerateBootFailure ?? false,
  };
}

function knownSite({ name, site }: CloudLabNodeProps, problems: Problem[]): CloudLabSite | undefined {
  if (site === undefined || Object.hasOwn(CLOUDLAB_SITES, site)) return site;
  problems.push({
    code: NO_SUCH_SITE.id,
    what: `node ${name} asks for a site that does not exist`,
    value: site,
    allowed: Object.keys(CLOUDLAB_SITES).join(", "),
  });
  return undefined;
}

function resolveLan(props: CloudLabLanProps, index: number, ports: PortsByNode, problems: Problem[]): RequestLan {
  const shaped = props.shapedTo !== undefined;
  const rate = shaped ? props.shapedTo : props.speed;
  return {
    name: props.name,
    members: connect(props, index, ports, problems),
    jumbo: props.jumbo ?? false,
    sameSwitch: props.sameSwitch ?? false,
    capacityKbps: rate === undefined ? undefined : kbps(shaped ? "shapedTo" : "speed", rate),
    shaped,
    sharedPort: props.sharedPort ?? false,
  };
}

function kbps(property: string, rate: Rate): number {
  return Math.round(requireUnit("Rate", property, rate).toBps() / KILO);
}

/** Makes a port on every member node; the ports of a node are numbered in the order of the LANs. */
function connect(
  props: CloudLabLanProps,
  index: number,
  ports: PortsByNode,
  problems: Problem[],
): readonly RequestInterface[] {
  const wanted = props.members.map((member) => (typeof member === "string" ? { node: member } : member));
  if (wanted.length < 2) {
    problems.push({
      code: LAN_SIZE.id,
      what: `LAN ${props.name} has fewer than two members; the testbed would make no network for it`,
      value: wanted.length,
      allowed: "two members or more",
    });
  }
  const subnet = collect(problems, () => Cidr.parse(props.subnet ?? `10.10.${index + 1}.0/24`));
  const addresses = subnet === undefined ? [] : assignAddresses(props.name, subnet, wanted, problems);
  const members: RequestInterface[] = [];
  for (const [i, { node }] of wanted.entries()) {
    const existing = ports.get(node);
    if (existing === undefined) problems.push(unknownMember(props.name, node, ports));
    else if (members.some((other) => other.node === node)) problems.push(twice(`member of LAN ${props.name}:`, node));
    else if (addresses[i] !== undefined) {
      const port = { role: `exp${existing.length}`, node, lan: props.name, address: addresses[i] };
      existing.push(port);
      members.push(port);
    }
  }
  return members;
}

function checkName(kind: string, name: string, pattern: RegExp, allowed: string, problems: Problem[]): void {
  if (pattern.test(name)) return;
  problems.push({ code: CLOUDLAB_NAME.id, what: `this cannot be the name of a ${kind}`, value: name, allowed });
}

function twice(kind: string, name: string): Problem {
  return { code: NAME_TWICE.id, what: `the ${kind} ${name} is used twice`, value: name, allowed: "each once" };
}

function unknownMember(lan: string, node: string, ports: PortsByNode): Problem {
  return {
    code: LAN_MEMBER.id,
    what: `LAN ${lan} has a member that is no node of the profile`,
    value: node,
    allowed: [...ports.keys()].join(", "),
  };
}
