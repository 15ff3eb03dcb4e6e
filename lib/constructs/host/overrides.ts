import { Construct } from "constructs";
import { failAll, NetloomError, type Problem } from "../../errors";
import {
  type CheckSpec,
  type Fact,
  type FileSettings,
  type Forwarding,
  HostFeature,
  type HostSettings,
  type IHost,
  type LimitSettings,
  type LinkSettings,
  type NetworkUse,
  type NixInput,
  type OpenPort,
  type PackageSettings,
  type QdiscSettings,
  type Reason,
  type RouteSettings,
  SCRIPT_DIRECTORY,
  type ScriptSettings,
  type UnitSettings,
  type WireGuardDevice,
} from "../../host";
import type { Cidr, InterfaceAddress } from "../../net";

type Contribution = (settings: HostSettings) => void;

/** The feature that holds what was written directly on a host. */
class DirectSettings extends HostFeature {
  readonly contributions: Contribution[] = [];

  contribute(settings: HostSettings): void {
    const problems: Problem[] = [];
    for (const contribution of this.contributions) {
      try {
        contribution(settings);
      } catch (error) {
        if (!(error instanceof NetloomError)) throw error;
        problems.push(...error.problems);
      }
    }
    failAll(problems);
  }
}

/**
 * The escape hatches of a host: one line for what no construct has a word for. They are ordinary settings, so a
 * conflict with a construct is reported; give `{ priority: "force" }` to win.
 */
export abstract class HostOverrides extends Construct {
  private direct: DirectSettings | undefined;

  /** Sets a kernel parameter. */
  sysctl(key: string, value: string | number | readonly number[], reason: Reason): void {
    this.add((settings) => settings.sysctl(key, value, reason));
  }

  /** Loads a kernel module. */
  module(name: string, reason: Reason): void {
    this.add((settings) => settings.module(name, reason));
  }

  /** Sets one parameter of a kernel module, e.g. `("mlx4_core", "roce_mode", "2")`. */
  moduleOption(module: string, parameter: string, value: string | number, reason: Reason): void {
    this.add((settings) => settings.moduleOption(module, parameter, value, reason));
  }

  /** Sets properties of a port. */
  link(interfaceId: string, link: LinkSettings, reason: Reason): void {
    this.add((settings) => settings.link(interfaceId, link, reason));
  }

  /** Gives a port an address, besides those of `interfaces`. */
  address(interfaceId: string, cidr: string | InterfaceAddress, reason: Reason): void {
    this.add((settings) => settings.address(interfaceId, cidr, reason));
  }

  /** Adds a route through a port. */
  route(interfaceId: string, route: RouteSettings, reason: Reason): void {
    this.add((settings) => settings.route(interfaceId, route, reason));
  }

  /** Sets the queueing discipline of a port. */
  qdisc(interfaceId: string, qdisc: QdiscSettings, reason: Reason): void {
    this.add((settings) => settings.qdisc(interfaceId, qdisc, reason));
  }

  /** Adds a WireGuard device to a peer table of the stack. */
  wireguard(device: WireGuardDevice, reason: Reason): void {
    this.add((settings) => settings.wireguard(device, reason));
  }

  /** Lets packets between a device and a network behind the host pass its firewall. */
  forward(forwarding: Forwarding, reason: Reason): void {
    this.add((settings) => settings.forward(forwarding, reason));
  }

  /** Lets a port through the host's firewall. */
  openPort(port: OpenPort, reason: Reason): void {
    this.add((settings) => settings.openPort(port, reason));
  }

  /** Installs a package. */
  package(names: PackageSettings, reason: Reason): void {
    this.add((settings) => settings.package(names, reason));
  }

  /** Adds a systemd unit. */
  unit(name: string, unit: UnitSettings, reason: Reason): void {
    this.add((settings) => settings.unit(name, unit, reason));
  }

  /** Adds a shell script. Returns the path under which units and checks can call it. */
  script(name: string, script: ScriptSettings, reason: Reason): string {
    this.add((settings) => settings.script(name, script, reason));
    return `${SCRIPT_DIRECTORY}/${name}`;
  }

  /** Writes a file. */
  file(path: string, file: FileSettings, reason: Reason): void {
    this.add((settings) => settings.file(path, file, reason));
  }

  /** Sets a pam limit. */
  limit(limit: LimitSettings, reason: Reason): void {
    this.add((settings) => settings.limit(limit, reason));
  }

  /** Adds a udev rule (one line). */
  udevRule(name: string, rule: string, reason: Reason): void {
    this.add((settings) => settings.udevRule(name, rule, reason));
  }

  /** Adds an nftables table; `body` is what stands between its braces, `family` e.g. `inet`. */
  nftables(family: string, table: string, body: string, reason: Reason): void {
    this.add((settings) => settings.nftables(family, table, body, reason));
  }

  /** Sets any NixOS option. Values are plain data or expressions of `netloom/nix-ts-builder`. */
  nixos(option: string, value: NixInput, reason: Reason): void {
    this.add((settings) => settings.nixos(option, value, reason));
  }

  /** Asks for a check on the machine after the deploy. */
  check(check: CheckSpec, reason: Reason): void {
    this.add((settings) => settings.check(check, reason));
  }

  /** States a fact about the host, for rules to ask for. */
  fact<T>(fact: Fact<T>, key: string, value: NoInfer<T>, reason: Reason): void {
    this.add((settings) => settings.fact(fact, key, value, reason));
  }

  /** States what an address range is used for. */
  network(use: Omit<NetworkUse, "cidr"> & { readonly cidr: string | Cidr }, reason: Reason): void {
    this.add((settings) => settings.network(use, reason));
  }

  /** Leaves a note for the operator, e.g. what the switch must be told. */
  note(text: string, reason: Reason): void {
    this.add((settings) => settings.note(text, reason));
  }

  private add(contribution: Contribution): void {
    this.direct ??= new DirectSettings(this as unknown as IHost, "Direct");
    this.direct.contributions.push(contribution);
  }
}
