import { at, defineProblem } from "../errors";
import { Cidr, type InterfaceAddress } from "../net";
import type { CheckSpec } from "./check";
import type { Fact } from "./facts";
import { type IHost, interfaceOf } from "./host";
import type { NetworkInterface } from "./interface";
import {
  type FileSettings,
  type Forwarding,
  KINDS,
  type Kind,
  type LimitSettings,
  type LinkSettings,
  type OpenPort,
  type PackageSettings,
  type QdiscSettings,
  type Recording,
  type RouteSettings,
  SCRIPT_DIRECTORY,
  type ScriptSettings,
  type UnitSettings,
  type WireGuardDevice,
} from "./kinds";
import { NetworkUse } from "./network-facts";
import type { NixInput } from "./nix-input";
import type { Planned } from "./planned";
import { isPriority, type Provenance, type Reason } from "./reason";
import type { SettingsStore } from "./store";

const CONTROL_INTERFACE = defineProblem("NL-001", "Nothing is set on the control interface", {
  why: "one wrong value there and the machine is out of reach",
  remedy: "the id of another port; control: true only on the port that the machine is managed over",
});
const NOT_A_PRIORITY = defineProblem("NL-PRIORITY", "A setting has one of three priorities");
const NO_REASON = defineProblem("NL-REASON", "A setting has a reason");

/** What does not fit on one line as it is: blanks other than single ones between words. */
const MANY_BLANKS = /[^\S ]|^ | $| {2}/;

/**
 * What a feature says to its host. Every call records one setting together with the construct that made it and
 * its reason; nothing is decided here. Values are merged when the stack is synthesized.
 */
export class HostSettings {
  /** The host that is being configured. */
  readonly host: IHost;
  private readonly store: SettingsStore;
  private readonly origin: string;
  private readonly plans: ReadonlyMap<object, unknown>;
  private readonly recording: Recording;

  constructor(host: IHost, store: SettingsStore, origin: string, plans: ReadonlyMap<object, unknown> = new Map()) {
    this.host = host;
    this.store = store;
    this.origin = origin;
    this.plans = plans;
    this.recording = { host, origin, port: (id) => this.port(id) };
  }

  /** What a feature of the stack has planned for this synthesis. `undefined` when it could not, which is reported. */
  planOf<P>(feature: Planned<P>): P | undefined {
    return this.plans.get(feature) as P | undefined;
  }

  /** Sets a kernel parameter below `/proc/sys`. Vectors may be given as lists. */
  sysctl(key: string, value: string | number | readonly number[], reason: Reason): void {
    this.set(KINDS.sysctls, reason, key, value);
  }

  /** Loads a kernel module at boot and at deploy. */
  module(name: string, reason: Reason): void {
    this.set(KINDS.modules, reason, name);
  }

  /** Sets one parameter of a kernel module, e.g. `("mlx4_core", "roce_mode", "2")`. */
  moduleOption(module: string, parameter: string, value: string | number, reason: Reason): void {
    this.set(KINDS.moduleOptions, reason, module, parameter, value);
  }

  /** Sets properties of a port. */
  link(interfaceId: string, settings: LinkSettings, reason: Reason): void {
    this.set(KINDS.links, reason, interfaceId, settings);
  }

  /** Gives a port an address. All addresses given to a port together become its exact set. */
  address(interfaceId: string, cidr: string | InterfaceAddress, reason: Reason): void {
    this.set(KINDS.addresses, reason, interfaceId, cidr);
  }

  /** Adds a route through a port. */
  route(interfaceId: string, route: RouteSettings, reason: Reason): void {
    this.set(KINDS.routes, reason, interfaceId, route);
  }

  /** Sets the queueing discipline of a port. */
  qdisc(interfaceId: string, settings: QdiscSettings, reason: Reason): void {
    this.set(KINDS.qdiscs, reason, interfaceId, settings);
  }

  /** Adds a WireGuard device. */
  wireguard(device: WireGuardDevice, reason: Reason): void {
    this.set(KINDS.wireguard, reason, device);
  }

  /** Lets packets between a device and a network behind the host pass the host's firewall; forwarding itself is a sysctl. */
  forward(forwarding: Forwarding, reason: Reason): void {
    this.set(KINDS.forwards, reason, forwarding);
  }

  /** Lets traffic to a port through the host's firewall. */
  openPort(port: OpenPort, reason: Reason): void {
    this.set(KINDS.openPorts, reason, port);
  }

  /** Installs a package: on NixOS into the system's profile, on Debian and its like when the generation is staged. */
  package(settings: PackageSettings, reason: Reason): void {
    this.set(KINDS.packages, reason, settings);
  }

  /** Adds a systemd unit, e.g. `netloom-affinity.service`. */
  unit(name: string, settings: UnitSettings, reason: Reason): void {
    this.set(KINDS.units, reason, name, settings);
  }

  /** Adds a shell script. Returns the path under which units and checks can call it on either platform. */
  script(name: string, settings: ScriptSettings, reason: Reason): string {
    this.set(KINDS.scripts, reason, name, settings);
    return `${SCRIPT_DIRECTORY}/${name}`;
  }

  /** Writes a file. */
  file(path: string, settings: FileSettings, reason: Reason): void {
    this.set(KINDS.files, reason, path, settings);
  }

  /** Sets a pam limit. */
  limit(settings: LimitSettings, reason: Reason): void {
    this.set(KINDS.limits, reason, settings);
  }

  /** Adds a udev rule (one line). */
  udevRule(name: string, rule: string, reason: Reason): void {
    this.set(KINDS.udevRules, reason, name, rule);
  }

  /** Adds an nftables table; `body` is what stands between its braces, `family` e.g. `inet`. */
  nftables(family: string, table: string, body: string, reason: Reason): void {
    this.set(KINDS.nftables, reason, family, table, body);
  }

  /** Sets any NixOS option; has no effect on hosts that are not NixOS. */
  nixos(option: string, value: NixInput, reason: Reason): void {
    this.set(KINDS.nixos, reason, option, value);
  }

  /** Makes settings of one kind: of one above, or of a kind that the store was made for. */
  set<A extends readonly unknown[], V>(kind: Kind<A, V>, reason: Reason, ...args: A): void {
    const entries = kind.record(this.recording, ...args);
    const provenance = this.provenance(reason);
    for (const [key, value] of entries) {
      const need = kind.needs?.(value);
      if (need !== undefined) this.package(need.package, { because: need.because, priority: "default" });
      this.store.add(kind, key, value, provenance);
    }
  }

  /** States a fact about the host, for rules to ask for. */
  fact<T>(fact: Fact<T>, key: string, value: NoInfer<T>, reason: Reason): void {
    this.store.facts.add(fact, key, value, this.provenance(reason));
  }

  /** States what an address range is used for. */
  network(use: Omit<NetworkUse, "cidr"> & { readonly cidr: string | Cidr }, reason: Reason): void {
    const cidr = at(this.origin, () => Cidr.parse(use.cidr).toString());
    this.fact(NetworkUse, `${use.kind} ${use.name} ${cidr}`, { ...use, cidr }, reason);
  }

  /** Asks for a check on the machine after the deploy. */
  check(check: CheckSpec, reason: Reason): void {
    this.store.addCheck(check, this.provenance(reason));
  }

  /** Leaves a note for the operator, e.g. what the switch must be told. */
  note(text: string, reason: Reason): void {
    this.store.addNote(text, this.provenance(reason));
  }

  /** The port with the given id; throws when it is unknown or the control port. */
  port(interfaceId: string): NetworkInterface {
    const port = interfaceOf(this.host, interfaceId);
    if (port.control) {
      throw CONTROL_INTERFACE({
        path: this.origin,
        what: `interface ${interfaceId} of ${this.host.hostName} is the control interface: one wrong value there and the machine is out of reach`,
        value: interfaceId,
        allowed:
          this.host.interfaces
            .filter((p) => !p.control)
            .map((p) => p.id)
            .join(", ") || "the host has no other interface",
        remedy: "name an experiment interface",
      });
    }
    return port;
  }

  private provenance(reason: Reason): Provenance {
    if (typeof reason?.because !== "string" || reason.because.trim() === "") {
      throw NO_REASON({
        path: this.origin,
        what: "a setting without a reason cannot be judged by the next reader",
        value: reason?.because,
        allowed: "a short clause",
        remedy: `{ because: "why this value" }`,
      });
    }
    if (reason.priority !== undefined && !isPriority(reason.priority)) {
      throw NOT_A_PRIORITY({
        path: this.origin,
        what: "not a priority",
        value: reason.priority,
        allowed: "default, normal, force",
        remedy: `{ priority: "force" }`,
      });
    }
    return {
      origin: this.origin,
      because: MANY_BLANKS.test(reason.because) ? reason.because.replace(/\s+/g, " ").trim() : reason.because,
      source: reason.source,
      priority: reason.priority ?? "normal",
    };
  }
}
