import { defineProblem, type ProblemKind } from "../errors";
import { IpAddress, type IpFamily, isParsed } from "./ip-address";

const NOT_A_NETWORK = defineProblem("NL-CIDR", "A network is an address without host bits and a prefix length");
const NO_SUCH_ADDRESS = defineProblem("NL-CIDR-HOST", "An address of a network is one that hosts may carry");

/** An IP network: an address with all host bits zero, and a prefix length. */
export class Cidr {
  /** Throws `NL-CIDR` on bad text, and on host bits that are set (with the network that was probably meant). */
  static parse(text: string | Cidr): Cidr {
    if (isParsed(text, "firstUsable")) return text;
    const { address, prefixLength } = splitPrefix(text, NOT_A_NETWORK, "this is not an IP network");
    const network = Cidr.containing(address, prefixLength);
    if (!network.network.equals(address)) {
      throw NOT_A_NETWORK({
        what: "this network has host bits set",
        value: text,
        allowed: `an address whose last ${address.bits - prefixLength} bits are zero`,
        remedy: network.toString(),
      });
    }
    return network;
  }

  /** The network of the given prefix length that holds `address`. */
  static containing(address: IpAddress, prefixLength: number): Cidr {
    const hostBits = BigInt(address.bits - prefixLength);
    const first = (address.number >> hostBits) << hostBits;
    const network = first === address.number ? address : IpAddress.fromNumber(address.family, first);
    return new Cidr(network, prefixLength, first + (1n << hostBits) - 1n);
  }

  /** The first address: all host bits zero. */
  readonly network: IpAddress;
  /** Leading bits that all addresses share: 0 to 32 or 128. */
  readonly prefixLength: number;
  private readonly lastNumber: bigint;

  private constructor(network: IpAddress, prefixLength: number, lastNumber: bigint) {
    this.network = network;
    this.prefixLength = prefixLength;
    this.lastNumber = lastNumber;
  }

  /** 4 or 6. */
  get family(): IpFamily {
    return this.network.family;
  }

  /** The number of addresses, network and broadcast address included. */
  get size(): bigint {
    return this.lastNumber - this.network.number + 1n;
  }

  /** The last address: all host bits one (the broadcast address in IPv4). */
  get last(): IpAddress {
    return IpAddress.fromNumber(this.family, this.lastNumber);
  }

  /** How many addresses a host can have: all of a /31, /32, /127, /128 (RFC 3021, RFC 6164), else without the reserved ends. */
  get usableCount(): bigint {
    return this.size - this.reservedLow - this.reservedHigh;
  }

  /** The first address that a host can have. */
  get firstUsable(): IpAddress {
    return this.usable(0n);
  }

  /** The last address that a host can have. */
  get lastUsable(): IpAddress {
    return this.usable(this.usableCount - 1n);
  }

  /** The address `index` after the network address: `host(1)` of `10.10.1.0/24` is `10.10.1.1`. Throws `NL-CIDR-HOST` off the usable range. */
  host(index: number | bigint): IpAddress {
    const offset = typeof index === "bigint" ? index : Number.isSafeInteger(index) ? BigInt(index) : -1n;
    const end = this.size - this.reservedHigh;
    if (offset < this.reservedLow || offset >= end) {
      throw NO_SUCH_ADDRESS({
        what: `${this} has no such host address`,
        value: String(index),
        allowed: `${this.reservedLow} to ${end - 1n}`,
      });
    }
    return IpAddress.fromNumber(this.family, this.network.number + offset);
  }

  /** The `rank`-th usable address, counted from 0. */
  usable(rank: bigint): IpAddress {
    return this.host(rank + this.reservedLow);
  }

  /** True for every address of the network that a host may carry. */
  isUsable(address: IpAddress): boolean {
    if (!this.contains(address)) return false;
    const offset = address.number - this.network.number;
    return offset >= this.reservedLow && offset < this.size - this.reservedHigh;
  }

  /** Whether the address or network lies in this one as a whole. */
  contains(inner: IpAddress | Cidr): boolean {
    if (inner.family !== this.family) return false;
    if (inner instanceof Cidr) {
      return inner.network.number >= this.network.number && inner.lastNumber <= this.lastNumber;
    }
    return inner.number >= this.network.number && inner.number <= this.lastNumber;
  }

  /** Networks nest or are disjoint, so this is `contains` in either direction. */
  overlaps(other: Cidr): boolean {
    return (
      this.family === other.family && this.network.number <= other.lastNumber && other.network.number <= this.lastNumber
    );
  }

  /** The same network: first address and prefix length. */
  equals(other: Cidr): boolean {
    return this.prefixLength === other.prefixLength && this.network.equals(other.network);
  }

  /** By first address; of two with the same, the larger network first. */
  compareTo(other: Cidr): number {
    return this.network.compareTo(other.network) || this.prefixLength - other.prefixLength;
  }

  /** As it is usually written: `10.10.1.0/24`, IPv6 shortened. */
  toString(): string {
    return `${this.network}/${this.prefixLength}`;
  }

  /** The same as {@link toString}. */
  toJSON(): string {
    return this.toString();
  }

  private get isPointToPoint(): boolean {
    return this.network.bits - this.prefixLength <= 1;
  }

  /** The network address (IPv4) or the subnet-router anycast address (IPv6, RFC 4291). */
  private get reservedLow(): bigint {
    return this.isPointToPoint ? 0n : 1n;
  }

  /** The broadcast address, which IPv6 does not have. */
  private get reservedHigh(): bigint {
    return this.isPointToPoint || this.family === 6 ? 0n : 1n;
  }
}

/** @internal splits `address/length`; shared with InterfaceAddress */
export function splitPrefix(
  text: string,
  problem: ProblemKind,
  what: string,
): { readonly address: IpAddress; readonly prefixLength: number } {
  const allowed = "an IPv4 or IPv6 address, a slash and a prefix length, such as 10.10.1.0/24 or fd00:10::/64";
  const slash = typeof text === "string" ? text.indexOf("/") : -1;
  if (slash < 0) throw problem({ what, value: text, allowed });
  const address = IpAddress.tryParse(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (!address || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > address.bits) {
    throw problem({ what, value: text, allowed });
  }
  return { address, prefixLength: Number(length) };
}
