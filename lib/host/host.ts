import type { IConstruct } from "constructs";
import { defineProblem } from "../errors";
import type { MachineType } from "../hardware";
import type { NetworkInterface } from "./interface";
import type { HostPolicy } from "./policy";

const INTERFACE_UNKNOWN = defineProblem("NL-INTERFACE-UNKNOWN", "An interface that is named was declared on the host");

/** The NixOS releases that can be targeted, oldest first. */
export const NIXOS_RELEASES = ["24.11", "25.05", "25.11", "26.05"] as const;
/** A NixOS release, e.g. `"25.05"`. */
export type NixosRelease = (typeof NIXOS_RELEASES)[number];

/** What runs on the machine: any Linux with systemd, or NixOS of some release. */
export type Platform =
  | {
      /** Any Linux with systemd: settings become files below `/etc`. */
      readonly kind: "linux";
    }
  | {
      /** Settings become a NixOS module. */
      readonly kind: "nixos";
      /** Release whose options the module may use. */
      readonly release: NixosRelease;
      /** What the machine's own system is built from. @default - found on the host, see {@link NixosSource} */
      readonly source?: NixosSource;
    };

/**
 * Where the configuration lies that a host's own system is built from; `host.nix` is added to it. Without it a host is
 * built from `/etc/nixos/configuration.nix`, and its first deploy is refused unless that is what the host runs.
 */
export interface NixosSource {
  /** Absolute path of a file on the host; stating it also rolls out what changed in it. @default - /etc/nixos/configuration.nix */
  readonly configuration?: string;
  /**
   * A flake as the host finds it, and the name of its system: `/etc/nixos#node-0`, `github:me/machines#node-0`.
   * @default - not built from a flake
   */
  readonly flake?: string;
}

/** A machine that settings can be put on. Constructs take this interface, never the class. */
export interface IHost extends IConstruct {
  /** DNS label; also the name of the host's folder in the output. */
  readonly hostName: string;
  /** What runs on it; decides what its settings are written as. */
  readonly platform: Platform;
  /** All ports, the control port included. */
  readonly interfaces: readonly NetworkInterface[];
  /** Hardware type, where known. @default - unknown, its limits become checks on the host */
  readonly machineType?: MachineType;
  /** Kernel version as `[major, minor]`, where known. @default - unknown */
  readonly kernel?: readonly [number, number];
  /** What whoever runs the machine asks of it. @default - nothing */
  readonly policy?: HostPolicy;
  /** Where the host is reached for deploys, if it is an address or name that the fleet must not cut off. @default - not over a network */
  readonly managementAddress?: string;
}

/** The port with the given id, the control port included. Throws with the list of ports when there is none. */
export function interfaceOf(host: IHost, id: string): NetworkInterface {
  const found = host.interfaces.find((port) => port.id === id);
  if (found === undefined) {
    throw INTERFACE_UNKNOWN({
      path: host.node.path,
      what: `host ${host.hostName} has no interface with this id`,
      value: id,
      allowed: host.interfaces.map((port) => port.id).join(", ") || "the host declares no interfaces",
      remedy: `new Host(scope, id, { interfaces: [{ id: ${JSON.stringify(id)}, mac: "…" }] })`,
    });
  }
  return found;
}

/** The ports that may be configured: all but the control port. */
export function experimentInterfaces(host: IHost): readonly NetworkInterface[] {
  return host.interfaces.filter((port) => !port.control);
}

/**
 * How the agent on the host finds a port: by permanent MAC where known, by kernel name otherwise.
 * Kernel names change with firmware, driver and release; MACs do not.
 */
export function selectorOf(port: NetworkInterface): string {
  return port.mac === undefined ? `name=${port.name ?? port.id}` : `mac=${port.mac.toString()}`;
}
