import type { InterfaceAddress } from "../../../net";
import type { CloudLabBlockstore, CloudLabInstall } from "./props";

/** A request with all defaults filled in: what the RSpec writer, the profile script and the checks read. */
export interface RequestModel {
  readonly nodes: readonly RequestNode[];
  readonly lans: readonly RequestLan[];
}

export interface RequestNode {
  readonly name: string;
  readonly hardware: string;
  /** URN of the component manager; absent when neither site nor catalogue tells. */
  readonly manager?: string;
  /** URN of one exact machine. */
  readonly component?: string;
  readonly image: string;
  readonly interfaces: readonly RequestInterface[];
  readonly install: readonly CloudLabInstall[];
  readonly startup: readonly string[];
  readonly blockstores: readonly CloudLabBlockstore[];
  readonly publicAddress: boolean;
  readonly tolerateBootFailure: boolean;
}

export interface RequestInterface {
  /** Role on the node, `exp0`, `exp1` …; the manifest brings it back, so it names the port for good. */
  readonly role: string;
  readonly node: string;
  readonly lan: string;
  readonly address: InterfaceAddress;
}

export interface RequestLan {
  readonly name: string;
  readonly members: readonly RequestInterface[];
  readonly jumbo: boolean;
  readonly sameSwitch: boolean;
  /** kbit/s, the unit of RSpec and geni-lib. */
  readonly capacityKbps?: number;
  readonly shaped: boolean;
  readonly sharedPort: boolean;
}

/** `client_id` of an interface: unique in the experiment, and the role is what follows the colon. */
export function clientId(member: RequestInterface): string {
  return `${member.node}:${member.role}`;
}

/** Dotted netmask of an IPv4 prefix length, the only form that an RSpec knows. */
export function netmask(prefixLength: number): string {
  const bits = prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join(".");
}

/** Prefix length of a dotted netmask; `undefined` when its one bits are not contiguous. */
export function prefixLengthOf(mask: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(mask)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  const bits = parts.reduce((value, part) => value * 256 + part, 0);
  const length = 32 - Math.log2(2 ** 32 - bits);
  return Number.isInteger(length) ? length : undefined;
}
