import { defineProblem } from "../errors";

const MTU_RANGE = defineProblem("NL-MTU-RANGE", "An MTU is a whole number that IPv4 and the kernel allow");

/** RFC 791: every IPv4 link carries 68 bytes. */
const SMALLEST = 68;
/** The IPv4 total length field has 16 bits. */
const LARGEST = 65535;

/** A maximum transmission unit: bytes of IP packet on a link, without the Ethernet header. */
export class Mtu {
  /** 1500, what every Ethernet carries (IEEE 802.3). */
  static readonly ethernet = Mtu.of(1500);
  /** 9000, the jumbo size that CloudLab LANs and most fabrics are configured for. */
  static readonly jumbo = Mtu.of(9000);
  /** 1280, the least that IPv6 accepts on any link (RFC 8200). */
  static readonly ipv6Minimum = Mtu.of(1280);

  /** Throws `NL-MTU-RANGE` outside 68–65535 and on anything but a whole number. */
  static of(value: number | Mtu): Mtu {
    // Told by its kind, so that an MTU of another copy of the library counts, and text or null does not.
    if (typeof value !== "number" && (value as Mtu | null | undefined)?.kind === "mtu") return value;
    if (typeof value !== "number" || !Number.isInteger(value) || value < SMALLEST || value > LARGEST) {
      throw MTU_RANGE({
        what: "this MTU cannot exist on an IP link",
        value: typeof value === "number" ? String(value) : value,
        allowed: `a whole number of bytes, ${SMALLEST} to ${LARGEST}`,
        remedy: "1500 for plain Ethernet, 9000 for jumbo frames",
      });
    }
    return new Mtu(value);
  }

  /** The least of several MTUs: what a path over all of them carries. */
  static least(first: Mtu, ...more: readonly Mtu[]): Mtu {
    return more.reduce((least, mtu) => (mtu.value < least.value ? mtu : least), first);
  }

  /** Bytes. */
  readonly value: number;

  // A private member makes the type nominal: a bare `{ value }` is no MTU.
  private readonly kind = "mtu";

  private constructor(value: number) {
    this.value = value;
  }

  /** What is left for the payload of an encapsulation that adds `overhead` bytes. */
  minus(overhead: number): Mtu {
    return Mtu.of(this.value - overhead);
  }

  /** The same number of bytes. */
  equals(other: Mtu): boolean {
    return this.value === other.value && this.kind === other.kind;
  }

  /** The number of bytes. */
  toString(): string {
    return String(this.value);
  }

  /** The number of bytes. */
  toJSON(): number {
    return this.value;
  }
}
