import { Address4, Address6 } from "ip-address";
import { defineProblem } from "../errors";

const NOT_AN_ADDRESS = defineProblem("NL-IP-ADDRESS", "An IP address has no prefix length, zone or port");

/** The Internet Protocol version of an address. */
export type IpFamily = 4 | 6;

const ADDRESS_BITS = { 4: 32, 6: 128 } as const;
const PLAIN_IPV4 = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/;

/** An IPv4 or IPv6 address: parsed once, compared as a number, printed in canonical form (RFC 5952 for IPv6). */
export class IpAddress {
  /** Throws `NL-IP-ADDRESS` on anything but one plain address (no prefix, no zone, no port). */
  static parse(text: string | IpAddress): IpAddress {
    if (isParsed(text, "toUrlHost")) return text;
    return IpAddress.tryParse(text) ?? refuse(text);
  }

  /** True when {@link parse} would accept the text. */
  static isValid(text: string): boolean {
    return IpAddress.tryParse(text) !== undefined;
  }

  /** The address with the given number; the inverse of `number`. Throws when the family has no such address. */
  static fromNumber(family: IpFamily, value: bigint): IpAddress {
    if (value < 0n || value >> BigInt(ADDRESS_BITS[family]) !== 0n) refuse(value);
    const text = family === 4 ? Address4.fromBigInt(value).correctForm() : Address6.fromBigInt(value).correctForm();
    return new IpAddress(family, value, text);
  }

  /** As {@link parse}, with `undefined` for text that is no address. */
  static tryParse(text: string): IpAddress | undefined {
    if (typeof text !== "string") return undefined;
    return text.includes(":") ? IpAddress.parseV6(text) : IpAddress.parseV4(text);
  }

  private static parseV4(text: string): IpAddress | undefined {
    // inet_aton shorthands and octal octets mean different hosts to different tools, so only the plain form is taken.
    if (!PLAIN_IPV4.test(text)) return undefined;
    try {
      return new IpAddress(4, new Address4(text).bigInt(), text);
    } catch {
      return undefined;
    }
  }

  private static parseV6(text: string): IpAddress | undefined {
    if (/[%/]/.test(text) || !Address6.isValid(text)) return undefined;
    const address = new Address6(text);
    return new IpAddress(6, address.bigInt(), address.correctForm());
  }

  /** 4 or 6. */
  readonly family: IpFamily;
  /** The address as an unsigned number. */
  readonly number: bigint;
  private readonly text: string;

  private constructor(family: IpFamily, value: bigint, text: string) {
    this.family = family;
    this.number = value;
    this.text = text;
  }

  /** 32 or 128. */
  get bits(): number {
    return ADDRESS_BITS[this.family];
  }

  /** `224.0.0.0/4` or `ff00::/8`. */
  get isMulticast(): boolean {
    return this.family === 4 ? this.number >> 28n === 0xen : this.number >> 120n === 0xffn;
  }

  /** `0.0.0.0` or `::`. */
  get isUnspecified(): boolean {
    return this.number === 0n;
  }

  /** `127.0.0.0/8` or `::1`. */
  get isLoopback(): boolean {
    return this.family === 4 ? this.number >> 24n === 127n : this.number === 1n;
  }

  /** `169.254.0.0/16` or `fe80::/10`. */
  get isLinkLocal(): boolean {
    return this.family === 4 ? this.number >> 16n === 0xa9fen : this.number >> 118n === 0x3fan;
  }

  /** The same address of the same family; `::ffff:10.0.0.1` is not `10.0.0.1`. */
  equals(other: IpAddress): boolean {
    return this.family === other.family && this.number === other.number;
  }

  /** IPv4 before IPv6, then by number. */
  compareTo(other: IpAddress): number {
    if (this.family !== other.family) return this.family - other.family;
    return this.number < other.number ? -1 : this.number > other.number ? 1 : 0;
  }

  /** As part of a URL or of `host:port`: IPv6 in brackets. */
  toUrlHost(): string {
    return this.family === 6 ? `[${this.text}]` : this.text;
  }

  /** As it is usually written: `10.10.1.1`, or IPv6 shortened and in lower case. */
  toString(): string {
    return this.text;
  }

  /** The same as {@link toString}. */
  toJSON(): string {
    return this.text;
  }
}

/**
 * @internal whether a value has been parsed already: it has `member`, which no other class has, so that one of another
 * copy of the library counts. Plain JavaScript gives anything where text is wanted, and it has to fail where it is written.
 */
export function isParsed<T extends object>(value: string | T, member: keyof T & string): value is T {
  return typeof value === "object" && value !== null && member in value;
}

function refuse(value: unknown): never {
  throw NOT_AN_ADDRESS({
    what: "this is not an IP address",
    value,
    allowed: "one IPv4 or IPv6 address without prefix length, zone or port, such as 10.10.1.1 or fd00::1",
  });
}
