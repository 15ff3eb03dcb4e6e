import { defineProblem } from "../../errors";
import { MachineType, type NicModel, speaksRoce } from "../../hardware";
import { type FabricPort, type IHost, type NetworkInterface, selectorOf } from "../../host";
import type { IpAddress } from "../../net";
import type { Rate } from "../../units";

const NO_ROCE = defineProblem("NL-RDMA-CARD", "The card of an RDMA port speaks RoCE");

/** The card behind a port, as far as it is known: what the port says, else what the machine type has for experiments. */
export function cardOf(host: IHost, port: NetworkInterface): NicModel | undefined {
  return port.nic ?? host.machineType?.roceNic?.model ?? host.machineType?.experimentNic?.model;
}

/** Which port a script on the host sets up. It refuses to touch the control interface where there may be one. */
export function portIdentity(host: IHost, port: NetworkInterface): Pick<FabricPort, "port" | "selector" | "guard"> {
  const guard = host.policy !== undefined || host.interfaces.some(({ control }) => control);
  return { port: port.id, selector: selectorOf(port), guard };
}

/** Line rate of a port, as far as it is known. */
export function rateOf(host: IHost, port: NetworkInterface): Rate | undefined {
  if (port.speed) return port.speed;
  const card = cardOf(host, port);
  return host.machineType?.nics.find((nic) => nic.model === card && nic.experimentPorts > 0)?.rate ?? card?.rates[0];
}

/**
 * Which RoCE the port's card speaks; version 2 where it has both. Throws `NL-RDMA-CARD` when the card has none, and then says
 * which CloudLab types have. A card that nobody described passes, and becomes a check on the host.
 */
export function roceVersion(path: string, host: IHost, port: NetworkInterface): "v1" | "v2" {
  const card = cardOf(host, port);
  if (card === undefined || card.rdma.includes("rocev2")) return "v2";
  if (card.rdma.includes("rocev1")) return "v1";
  const types = MachineType.withRoce().map((type) => `${type.id} (${type.site}, ${type.roceNic!.model.name})`);
  const cards = card.rdma.length > 0 ? `speaks ${card.rdma.join(", ")} only` : "has no RDMA";
  throw NO_ROCE({
    path,
    what: `${host.machineType ? `${host.machineType} cannot run RoCE: ` : ""}${card.name} (${card.driver}) ${cards}`,
    value: host.machineType?.id ?? card.id,
    allowed: `a card that speaks RoCE; CloudLab types that have one: ${types.join(", ")}`,
    remedy: "another machine type, or softRoce: true for functional tests",
  });
}

/** True when the card's driver can be told about priorities; unknown cards are taken for ConnectX. */
export function hasHardwareQueues(card: NicModel | undefined): boolean {
  return card === undefined || (card.dcb && speaksRoce(card));
}

/**
 * The address that a port does RDMA with: its first of IPv4, else its first. Both ends of a connection need GIDs of one
 * family, so hosts must not choose by the order in which addresses were written; IPv4 is what perftest and NCCL expect.
 */
export function roceAddress({ addresses }: NetworkInterface): IpAddress | undefined {
  return (addresses.find(({ address }) => address.family === 4) ?? addresses[0])?.address;
}

/** The GID of an address as sysfs prints it: eight groups of four digits, IPv4 mapped into IPv6. */
export function gidOf(address: IpAddress): string {
  const number = address.family === 4 ? (0xffffn << 32n) | address.number : address.number;
  const digits = number.toString(16).padStart(32, "0");
  return digits.match(/.{4}/g)!.join(":");
}
