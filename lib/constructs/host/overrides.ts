import { Construct } from "constructs";
import { failAll, NetloomError, type Problem } from "../../errors";
import {
  type CheckSpec,
  type FileSettings,
  HostFeature,
  type HostSettings,
  type IHost,
  type LinkSettings,
  type NixInput,
  type OpenPort,
  type PackageSettings,
  type Reason,
  type RouteSettings,
  type UnitSettings,
} from "../../host";

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

  /** Sets properties of a port. */
  link(interfaceId: string, link: LinkSettings, reason: Reason): void {
    this.add((settings) => settings.link(interfaceId, link, reason));
  }

  /** Adds a route through a port. */
  route(interfaceId: string, route: RouteSettings, reason: Reason): void {
    this.add((settings) => settings.route(interfaceId, route, reason));
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

  /** Writes a file. */
  file(path: string, file: FileSettings, reason: Reason): void {
    this.add((settings) => settings.file(path, file, reason));
  }

  /** Sets any NixOS option. Values are plain data or expressions of `netloom/nix-ts-builder`. */
  nixos(option: string, value: NixInput, reason: Reason): void {
    this.add((settings) => settings.nixos(option, value, reason));
  }

  /** Asks for a check on the machine after the deploy. */
  check(check: CheckSpec, reason: Reason): void {
    this.add((settings) => settings.check(check, reason));
  }

  private add(contribution: Contribution): void {
    this.direct ??= new DirectSettings(this as unknown as IHost, "Direct");
    this.direct.contributions.push(contribution);
  }
}
