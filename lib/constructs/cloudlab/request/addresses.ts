import { defineProblem, type Problem } from "../../../errors";
import { type Cidr, InterfaceAddress, type IpAddress } from "../../../net";
import { collect } from "../collect";
import type { CloudLabLanMember } from "./props";

const LAN_ADDRESS = defineProblem("NL-CLOUDLAB-ADDRESS", "A member has a free address of its LAN");
const LAN_SUBNET = defineProblem("NL-CLOUDLAB-SUBNET", "The subnet of a LAN is IPv4 and has room for its members");

/**
 * Addresses of the members of a LAN, in their order: the fixed ones first, then the free ones counted up from the
 * first, as every testbed profile does. An experiment keeps its addresses for life, so nothing has to be recorded.
 */
export function assignAddresses(
  lan: string,
  subnet: Cidr,
  members: readonly CloudLabLanMember[],
  problems: Problem[],
): readonly (InterfaceAddress | undefined)[] {
  if (subnet.family !== 4) {
    problems.push({
      code: LAN_SUBNET.id,
      what: `LAN ${lan} has an IPv6 subnet; the testbed's own address set-up knows IPv4 only`,
      value: subnet.toString(),
      allowed: "an IPv4 network",
    });
    return [];
  }
  const owners = new Map<string, string>();
  const fixed = members.map((member) => fixedAddress(lan, subnet, member, owners, problems));
  const free = freeAddresses(subnet, owners);
  return members.map((member, i) => {
    if (member.address !== undefined) return fixed[i];
    const address = free.next().value as IpAddress | undefined;
    if (address !== undefined) return InterfaceAddress.of(address, subnet.prefixLength);
    problems.push({
      code: LAN_SUBNET.id,
      what: `LAN ${lan} has no address left for ${member.node}`,
      value: subnet.toString(),
      allowed: `at least ${members.length} usable addresses`,
      remedy: `subnet: "10.11.0.0/16"`,
    });
    return undefined;
  });
}

function fixedAddress(
  lan: string,
  subnet: Cidr,
  { node, address }: CloudLabLanMember,
  owners: Map<string, string>,
  problems: Problem[],
): InterfaceAddress | undefined {
  if (address === undefined) return undefined;
  const parsed = collect(problems, () => InterfaceAddress.parse(`${address}/${subnet.prefixLength}`));
  if (parsed === undefined) return undefined;
  const owner = owners.get(parsed.address.toString());
  if (owner !== undefined || !subnet.isUsable(parsed.address)) {
    problems.push({
      code: LAN_ADDRESS.id,
      what:
        owner === undefined
          ? `the address of ${node} is not in the subnet of LAN ${lan}`
          : `LAN ${lan} gives one address to ${owner} and to ${node}`,
      value: address,
      allowed: `${subnet.firstUsable} to ${subnet.lastUsable}, each once`,
    });
    return undefined;
  }
  owners.set(parsed.address.toString(), node);
  return parsed;
}

function* freeAddresses(subnet: Cidr, owners: ReadonlyMap<string, string>): Generator<IpAddress> {
  for (let rank = 0n; rank < subnet.usableCount; rank++) {
    const address = subnet.usable(rank);
    if (!owners.has(address.toString())) yield address;
  }
}
