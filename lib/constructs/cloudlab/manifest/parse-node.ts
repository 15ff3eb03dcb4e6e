import type { Problem } from "../../../errors";
import { InterfaceAddress, IpAddress, MacAddress } from "../../../net";
import { collect } from "../collect";
import { prefixLengthOf } from "../request/model";
import { parseUrn, siteOf } from "../sites";
import type { XmlElement } from "../xml/read";
import { emulabChildren, manifestChildren } from "./elements";
import type { ManifestInterface, ManifestLogin, ManifestNode, ManifestNodeKind } from "./types";
import { MANIFEST } from "./elements";

const SSH_PORT = 22;
const LAST_PORT = 65535;
/** User and host names that can be handed to `ssh` as they are. */
const USER_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/;
const NODE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Sliver types that the testbed gives to nodes which are no machines of the user. */
const SLIVER_KINDS: Readonly<Record<string, ManifestNodeKind>> = {
  "raw-pc": "bare-metal",
  raw: "bare-metal",
  "emulab-xen": "virtual-machine",
  "emulab-openvz": "virtual-machine",
  "default-vm": "virtual-machine",
  "emulab-docker": "container",
};

/** Whether a node has been given hardware. In manifests of several sites, each lists the others' nodes without. */
export function isAllocated(node: XmlElement): boolean {
  const { component_id: component, sliver_id: sliver, sliver_urn: oldSliver } = node.attributes;
  return (
    sliver !== undefined ||
    oldSliver !== undefined ||
    (component !== undefined && emulabChildren(node, "vnode").length > 0)
  );
}

/** Reads one allocated node; what is wrong goes to `problems`. */
export function parseNode(element: XmlElement, source: string, problems: Problem[]): ManifestNode {
  const { client_id: name = "", component_id, component_manager_id } = element.attributes;
  const where = `${source}:${element.line}`;
  if (!NODE_NAME.test(name)) {
    problems.push({
      code: MANIFEST.id,
      what: `${where}: a node has no usable client_id`,
      value: name,
      allowed: "letters, digits, ., _ and -, at most 63",
    });
  }
  const sliverType = manifestChildren(element, "sliver_type")[0];
  const vnode = emulabChildren(element, "vnode")[0];
  const host = manifestChildren(element, "host")[0];
  const component = parseUrn(component_id);
  const authority = parseUrn(component_manager_id)?.authority ?? component?.authority;
  const address = host?.attributes["ipv4"] ?? host?.attributes["ipv6"];
  if (address !== undefined) collect(problems, () => IpAddress.parse(address));
  return {
    name,
    kind: kindOf(element, sliverType),
    sliverType: sliverType?.attributes["name"] ?? "",
    site: siteOf(authority),
    authority,
    component: component?.name,
    hardware: vnode?.attributes["hardware_type"] ?? manifestChildren(element, "hardware_type")[0]?.attributes["name"],
    image: sliverType && manifestChildren(sliverType, "disk_image")[0]?.attributes["name"],
    logins: logins(element, where, problems),
    controlName: host?.attributes["name"],
    controlAddress: address,
    interfaces: manifestChildren(element, "interface").map((port) => parseInterface(port, source, problems)),
  };
}

function kindOf(node: XmlElement, sliverType: XmlElement | undefined): ManifestNodeKind {
  const name = sliverType?.attributes["name"];
  if (name !== undefined) return Object.hasOwn(SLIVER_KINDS, name) ? SLIVER_KINDS[name]! : "other";
  // Version 2 manifests have no sliver type: there an exclusive node is a whole machine.
  return node.attributes["exclusive"] === "true" ? "bare-metal" : "other";
}

function logins(node: XmlElement, where: string, problems: Problem[]): readonly ManifestLogin[] {
  return manifestChildren(node, "services")
    .flatMap((services) => manifestChildren(services, "login"))
    .filter((login) => login.attributes["hostname"] !== undefined)
    .map((login) => {
      const { hostname = "", port = String(SSH_PORT), username } = login.attributes;
      const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
      const isGood =
        HOST_NAME.test(hostname) &&
        number >= 1 &&
        number <= LAST_PORT &&
        (username === undefined || USER_NAME.test(username));
      if (!isGood) {
        problems.push({
          code: MANIFEST.id,
          what: `${where}: a login cannot be passed to ssh`,
          value: { hostname, port, username },
          allowed: "a host name or address, a port of 1 to 65535, a plain user name",
        });
      }
      return { host: hostname, port: number, user: username };
    });
}

function parseInterface(element: XmlElement, source: string, problems: Problem[]): ManifestInterface {
  const { client_id: clientId = "", component_id, mac_address } = element.attributes;
  const mac = mac_address ? collect(problems, () => MacAddress.parse(mac_address)) : undefined;
  return {
    clientId,
    mac,
    addresses: manifestChildren(element, "ip").flatMap((ip) => parseAddress(ip, source, problems) ?? []),
    port: parseUrn(component_id)?.name.split(":").pop(),
    virtual: mac?.isLocallyAdministered ?? false,
  };
}

function parseAddress(ip: XmlElement, source: string, problems: Problem[]): InterfaceAddress | undefined {
  const { address, netmask, type } = ip.attributes;
  // A link that was given no address is listed with an empty one.
  if (address === undefined || address === "") return undefined;
  const isIpv6 = type === "ipv6" || address.includes(":");
  const length = netmask === undefined ? undefined : prefixLength(netmask, isIpv6);
  if (length === undefined) {
    problems.push({
      code: MANIFEST.id,
      what: `${source}:${ip.line}: the address has no valid netmask`,
      value: { address, netmask },
      allowed: isIpv6 ? "a prefix length, e.g. 64" : "a dotted netmask such as 255.255.255.0",
    });
    return undefined;
  }
  return collect(problems, () => InterfaceAddress.parse(`${address}/${length}`));
}

function prefixLength(netmask: string, isIpv6: boolean): number | undefined {
  const plain = /^\/?(\d{1,3})$/.exec(netmask)?.[1];
  if (plain !== undefined) return Number(plain) <= (isIpv6 ? 128 : 32) ? Number(plain) : undefined;
  if (!isIpv6) return prefixLengthOf(netmask);
  const mask = IpAddress.tryParse(netmask);
  if (mask?.family !== 6) return undefined;
  const bits = mask.number.toString(2).padStart(128, "0");
  return /^1*0*$/.test(bits) ? bits.replace(/0+$/, "").length : undefined;
}
