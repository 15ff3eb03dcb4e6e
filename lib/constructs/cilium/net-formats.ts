import { IpAddress } from "../../net";

/** An address with prefix length as Kubernetes means it: host bits may be set. */
export function isCidr(text: string): boolean {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match === null ? undefined : IpAddress.tryParse(match[1]!);
  return address !== undefined && Number(match![2]) <= address.bits;
}

export function isIpv4(text: string): boolean {
  return IpAddress.tryParse(text)?.family === 4;
}

export function isIp(text: string): boolean {
  return IpAddress.isValid(text);
}
