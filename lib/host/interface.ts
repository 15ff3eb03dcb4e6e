import { defineProblem } from "../errors";
import type { NicModel } from "../hardware";
import { InterfaceAddress, MacAddress } from "../net";
import type { Rate } from "../units";
import { requireUnit } from "../units/unit-value";

export const NOT_AN_INTERFACE_NAME = defineProblem("NL-INTERFACE-NAME", "The kernel takes the name of an interface");

/** A network port of a host, as the user describes it. */
export interface NetworkInterfaceProps {
  /** Role name, unique on the host, e.g. `exp0`. Constructs refer to the port by it; the kernel's name may differ. */
  readonly id: string;
  /** Kernel name (`enp94s0f0`). Only used to find the port where `mac` is not known, and by NixOS' firewall. @default - found by `mac` */
  readonly name?: string;
  /** Permanent MAC address. The reliable way to find a port: kernel names change with firmware, driver and release. @default - found by `name` */
  readonly mac?: string;
  /** Addresses with prefix length, e.g. `["10.10.1.1/24"]`. When given they become the port's exact set of global addresses. @default - addresses are left as they are */
  readonly addresses?: readonly string[];
  /** Name of the LAN or link that the port is connected to. @default - unknown */
  readonly lan?: string;
  /** Link rate. @default - the first rate of the NIC model, where known */
  readonly speed?: Rate;
  /** The card behind the port; its limits are checked. @default - taken from the machine type, where that is unambiguous */
  readonly nic?: NicModel;
  /** True for the port over which the machine is managed. Netloom never touches it. @default false */
  readonly control?: boolean;
}

/** A network port of a host, checked. */
export interface NetworkInterface {
  /** Role name, unique on the host, e.g. `exp0`; settings refer to the port by it. */
  readonly id: string;
  /** Kernel name. @default - found by `mac` */
  readonly name?: string;
  /** Permanent MAC address. @default - found by `name` */
  readonly mac?: MacAddress;
  /** Addresses that the user declared; empty leaves those of the machine as they are. */
  readonly addresses: readonly InterfaceAddress[];
  /** LAN that the port is connected to. @default - unknown */
  readonly lan?: string;
  /** Link rate. @default - unknown */
  readonly speed?: Rate;
  /** The card behind the port. @default - unknown */
  readonly nic?: NicModel;
  /** True for the port over which the machine is managed; nothing is ever set on it. */
  readonly control: boolean;
}

const INTERFACE_NAME = /^[A-Za-z0-9_.-]{1,15}$/;

/** Whether the kernel would take `name` as an interface name that we can also write into any file unquoted. */
export function isInterfaceName(name: string): boolean {
  return typeof name === "string" && INTERFACE_NAME.test(name) && name !== "." && name !== "..";
}

/** Checks the description of one port. Throws when a name, MAC or address is malformed. */
export function networkInterface(props: NetworkInterfaceProps): NetworkInterface {
  for (const name of props.name === undefined ? [props.id] : [props.id, props.name]) {
    if (!isInterfaceName(name)) {
      throw NOT_AN_INTERFACE_NAME({
        what: "an interface name has characters or a length that the kernel refuses",
        value: name,
        allowed: "1 to 15 of A-Z a-z 0-9 _ . -",
        remedy: `id: "exp0"`,
      });
    }
  }
  return {
    id: props.id,
    name: props.name,
    mac: props.mac === undefined ? undefined : MacAddress.parse(props.mac),
    addresses: (props.addresses ?? []).map((text) => InterfaceAddress.parse(text)),
    lan: props.lan,
    speed: props.speed === undefined ? props.nic?.rates[0] : requireUnit("Rate", "speed", props.speed),
    nic: props.nic,
    control: props.control ?? false,
  };
}
