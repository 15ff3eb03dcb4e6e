import { defineProblem, type Problem } from "../../../errors";
import { Cidr, findOverlaps, InterfaceAddress } from "../../../net";
import { collect } from "../collect";
import { prefixLengthOf } from "../request/model";
import type { XmlElement } from "../xml/read";
import { childrenNamed } from "./lint-references";

const RSPEC_ADDRESS = defineProblem("NL-RSPEC-ADDRESS", "Addresses of a request are valid, free and used once");
const RSPEC_SUBNET = defineProblem("NL-RSPEC-SUBNET", "Links have subnets of their own, one for all members");

/** Virtual nodes get their control addresses from here (Emulab `VIRTNODE_NETWORK`). */
export const EMULAB_VIRTUAL_CONTROL = Cidr.parse("172.16.0.0/12");

/** Every address is an address, is given once, and lies with the others of its link in one subnet of its own. */
export function checkAddresses(root: XmlElement, errors: Problem[]): void {
  const ofPort = new Map<string, InterfaceAddress>();
  const owners = new Map<string, string>();
  for (const node of childrenNamed(root, "node")) {
    for (const port of childrenNamed(node, "interface")) {
      const id = port.attributes["client_id"] ?? "";
      for (const ip of childrenNamed(port, "ip")) {
        const address = readAddress(ip, errors);
        if (address === undefined) continue;
        const text = address.address.toString();
        const owner = owners.get(text);
        if (owner !== undefined) {
          errors.push({
            code: RSPEC_ADDRESS.id,
            what: `line ${ip.line}: ${id} has the same address as ${owner}`,
            value: text,
            allowed: "each address once",
          });
        }
        owners.set(text, id);
        ofPort.set(id, address);
      }
    }
  }
  checkSubnets(root, ofPort, errors);
}

function readAddress(ip: XmlElement, errors: Problem[]): InterfaceAddress | undefined {
  const { address, netmask } = ip.attributes;
  if (address === undefined) return undefined;
  const length = netmask === undefined ? undefined : prefixLengthOf(netmask);
  if (length === undefined) {
    errors.push({
      code: RSPEC_ADDRESS.id,
      what: `line ${ip.line}: the address has no valid netmask`,
      value: netmask ?? "(none)",
      allowed: "a dotted netmask such as 255.255.255.0",
    });
    return undefined;
  }
  const parsed = collect(errors, () => InterfaceAddress.parse(`${address}/${length}`));
  if (parsed !== undefined && EMULAB_VIRTUAL_CONTROL.contains(parsed.address)) {
    errors.push({
      code: RSPEC_ADDRESS.id,
      what: `line ${ip.line}: the testbed uses ${EMULAB_VIRTUAL_CONTROL} for the control network of virtual nodes`,
      value: parsed.toString(),
      remedy: "an address in 10.10.0.0/16",
    });
  }
  return parsed;
}

function checkSubnets(root: XmlElement, ofPort: ReadonlyMap<string, InterfaceAddress>, errors: Problem[]): void {
  const seen: { link: string; subnet: Cidr }[] = [];
  for (const link of childrenNamed(root, "link")) {
    const name = link.attributes["client_id"] ?? `of line ${link.line}`;
    const members = childrenNamed(link, "interface_ref").map((member) =>
      ofPort.get(member.attributes["client_id"] ?? ""),
    );
    const addresses = members.filter((address) => address !== undefined);
    const subnet = addresses[0]?.network;
    if (subnet === undefined) continue;
    for (const stranger of addresses.filter((address) => !address.network.equals(subnet))) {
      errors.push({
        code: RSPEC_SUBNET.id,
        what: `link ${name} has members in different subnets, so they cannot talk to each other`,
        value: stranger.toString(),
        allowed: `addresses in ${subnet}`,
      });
    }
    seen.push({ link: name, subnet });
  }
  for (const { outer, inner } of findOverlaps(seen, ({ subnet }) => subnet)) {
    errors.push({
      code: RSPEC_SUBNET.id,
      what: `links ${outer.link} and ${inner.link} have overlapping subnets; hosts on both would not know the way`,
      value: `${outer.subnet}, ${inner.subnet}`,
    });
  }
}
