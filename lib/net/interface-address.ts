import { defineProblem } from "../errors";
import { Cidr, splitPrefix } from "./cidr";
import { type IpAddress, type IpFamily, isParsed } from "./ip-address";

const NOT_AN_INTERFACE_ADDRESS = defineProblem(
  "NL-INTERFACE-ADDRESS",
  "An interface has a host address with a prefix length",
);

/** The address of one interface together with the length of its on-link prefix, such as `10.10.1.1/24`. */
export class InterfaceAddress {
  /** Throws `NL-INTERFACE-ADDRESS` on bad text, and on addresses that no interface can carry. */
  static parse(text: string | InterfaceAddress): InterfaceAddress {
    if (isParsed(text, "address")) return text;
    const { address, prefixLength } = splitPrefix(text, NOT_AN_INTERFACE_ADDRESS, "this is not an interface address");
    return InterfaceAddress.of(address, prefixLength);
  }

  /** Throws `NL-INTERFACE-ADDRESS` when no interface can carry the address. */
  static of(address: IpAddress, prefixLength: number): InterfaceAddress {
    const network = Cidr.containing(address, prefixLength);
    if (address.isMulticast || address.isUnspecified || !network.isUsable(address)) {
      throw NOT_AN_INTERFACE_ADDRESS({
        what: "no interface can carry this address",
        value: `${address}/${prefixLength}`,
        allowed: `a unicast address other than the first and the broadcast address of its network`,
        remedy: address.isMulticast || address.isUnspecified ? undefined : `${network.firstUsable}/${prefixLength}`,
      });
    }
    return new InterfaceAddress(address, network);
  }

  /** The interface's own address, host bits included. */
  readonly address: IpAddress;
  /** The on-link network. */
  readonly network: Cidr;

  private constructor(address: IpAddress, network: Cidr) {
    this.address = address;
    this.network = network;
  }

  /** Length of the prefix of the on-link network. */
  get prefixLength(): number {
    return this.network.prefixLength;
  }

  /** 4 or 6. */
  get family(): IpFamily {
    return this.address.family;
  }

  /** The same address in the same network. */
  equals(other: InterfaceAddress): boolean {
    return this.address.equals(other.address) && this.network.equals(other.network);
  }

  /** As it is usually written: `10.10.1.1/24`, IPv6 shortened. */
  toString(): string {
    return `${this.address}/${this.prefixLength}`;
  }

  /** The same as {@link toString}. */
  toJSON(): string {
    return this.toString();
  }
}
