import { defineProblem } from "../errors";
import { isParsed } from "./ip-address";

const NOT_A_MAC_ADDRESS = defineProblem("NL-MAC-ADDRESS", "A MAC address is that of one interface");

/** A unicast Ethernet address (EUI-48), printed as `3c:fd:fe:04:10:a1`. */
export class MacAddress {
  /**
   * Reads `3c:fd:fe:04:10:a1`, `3C-FD-FE-04-10-A1` and the bare `3cfdfe0410a1` of CloudLab manifests.
   * Throws `NL-MAC-ADDRESS` on anything else, and on group and all-zero addresses, which no port has.
   */
  static parse(text: string | MacAddress): MacAddress {
    if (isParsed(text, "isLocallyAdministered")) return text;
    const pattern = /^[0-9a-f]{2}(?:([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{10})$/i;
    const digits = typeof text === "string" && pattern.test(text) ? text.replace(/[:-]/g, "").toLowerCase() : "";
    const isGroup = (Number.parseInt(digits.slice(0, 2), 16) & 1) === 1;
    if (digits === "" || isGroup || /^0+$/.test(digits)) {
      throw NOT_A_MAC_ADDRESS({
        what: isGroup ? "a group address belongs to no interface" : "this is not the MAC address of an interface",
        value: text,
        allowed: "six pairs of hexadecimal digits, such as 3c:fd:fe:04:10:a1",
      });
    }
    return new MacAddress(digits.replace(/..(?!$)/g, "$&:"));
  }

  private readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** True when the address was made up by software, and so cannot identify a piece of hardware. */
  get isLocallyAdministered(): boolean {
    return (Number.parseInt(this.text.slice(0, 2), 16) & 2) === 2;
  }

  /** The same six bytes. */
  equals(other: MacAddress): boolean {
    return this.text === other.text;
  }

  /** Lower case with colons: `02:00:00:00:00:01`. */
  toString(): string {
    return this.text;
  }

  /** The same as {@link toString}. */
  toJSON(): string {
    return this.text;
  }
}
