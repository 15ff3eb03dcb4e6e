import { IpAddress } from "./ip-address";

/** What inet_aton(3) takes for an address: `10.1`, `010.0.0.1` with an octal part, `0x7f000001`, `8`. */
const NUMBERS = /^(?:\d+|0x[0-9a-f]+)(?:\.(?:\d+|0x[0-9a-f]+)){0,3}$/i;

/**
 * @internal whether a program that looks the name up takes it for an IPv4 address, of which it is not the usual spelling:
 * `010.0.0.1` is 8.0.0.1 to some and 10.0.0.1 to others.
 */
export function isHiddenAddress(name: string): boolean {
  return NUMBERS.test(name) && !IpAddress.isValid(name);
}
