import { at, defineProblem, failAll, type Problem } from "../../errors";
import { Cidr } from "../../net";
import { isInterfaceName } from "../interface";
import { defineKind } from "./kind";
import { isWhole, MOST_UINT32 } from "./words";

const BAD_DEVICE = defineProblem("NL-WIREGUARD", "A WireGuard device is one that wg takes");

/** A WireGuard device. Its private key is made on the host, or pushed from a local directory, and never written here. */
export interface WireGuardDevice {
  /** Device name, e.g. `wg0`. */
  readonly device: string;
  /** UDP port on which it listens. */
  readonly port: number;
  /** Largest IP packet inside the tunnel, in bytes. */
  readonly mtu: number;
  /** Path of the mesh construct. */
  readonly mesh: string;
  /** File name of the peer table below `wireguard/`; members with the same view of the mesh share one. */
  readonly table: string;
  /** Name of this host within the mesh. */
  readonly member: string;
  /** Addresses with prefix length inside the tunnel. */
  readonly addresses: readonly string[];
  /** Counts key rotations; a new epoch is a new key. */
  readonly keyEpoch: number;
  /** Directory with `<member>.key` files on the deploying machine. @default - the host makes its own key */
  readonly keyDirectory?: string;
  /** Firewall mark of the encrypted packets. @default - none */
  readonly firewallMark?: number;
  /** Networks that this host reaches without the tunnel although peers have them in their AllowedIPs: those behind it, and those that it is on. @default - none */
  readonly localNetworks?: readonly string[];
  /** Replace a device of this name that somebody else made. Without it the deploy stops before anything changes. @default false */
  readonly adopt?: boolean;
}

export const WIREGUARD = defineKind({
  noun: "WireGuard device",
  record({ origin }, device: WireGuardDevice) {
    assertWireGuard(origin, device);
    const localNetworks = at(origin, () => device.localNetworks?.map((text) => Cidr.parse(text).toString()));
    return [[device.device, { ...device, localNetworks }]];
  },
  effect: () => "tunnel handshake",
  show: ({ keyDirectory: _, device: __, ...more }) => more,
});

function assertWireGuard(path: string, device: WireGuardDevice): void {
  const problems: Problem[] = [];
  const refuse = (what: string, value: unknown, allowed: string) =>
    problems.push({ code: BAD_DEVICE.id, path, what, value, allowed });
  if (!isInterfaceName(device.device)) refuse("not a device name", device.device, "1 to 15 of A-Z a-z 0-9 _ . -");
  if (!isWhole(device.port, 1, 65535)) refuse("not a UDP port", device.port, "1 to 65535");
  if (!isWhole(device.mtu, 576, 65535)) refuse("not an MTU for a tunnel", device.mtu, "576 to 65535");
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*\.peers$/.test(device.table)) {
    refuse("not the name of a peer table", device.table, "a name of A-Z a-z 0-9 . _ - that ends in .peers");
  }
  if (!isWhole(device.keyEpoch, 1, MOST_UINT32)) refuse("not a key epoch", device.keyEpoch, "a whole number from 1");
  if (device.firewallMark !== undefined && !isWhole(device.firewallMark, 1, MOST_UINT32)) {
    refuse("not a firewall mark", device.firewallMark, `1 to ${MOST_UINT32}`);
  }
  failAll(problems);
}
