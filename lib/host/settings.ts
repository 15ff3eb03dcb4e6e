import { at, fail } from "../errors";
import { Cidr, type InterfaceAddress } from "../net";
import type { CheckSpec } from "./check";
import type { Fact } from "./facts";
import { type IHost, interfaceOf } from "./host";
import type { NetworkInterface } from "./interface";
import type {
  FileSettings,
  Forwarding,
  LimitSettings,
  LinkSettings,
  OpenPort,
  PackageSettings,
  QdiscSettings,
  RouteSettings,
  ScriptSettings,
  UnitSettings,
  WireGuardDevice,
} from "./kinds";
import { NetworkUse } from "./network-facts";
import type { NixInput } from "./nix-input";
import { isPriority, type Provenance, type Reason } from "./reason";
import type { SettingsStore } from "./store";
import {
  assertDebianPackage,
  assertFileName,
  assertLimit,
  assertLine,
  assertTableName,
  assertUnitName,
  assertUnitSections,
  assertWantedBy,
  assertWord,
  fileSettings,
  sysctlKey,
  sysctlValueText,
} from "./validate";
import { assertLink, assertOpenPort, assertWireGuard, normalAddress, normalRoute } from "./validate-network";

/** Where scripts of units lie on hosts that are not NixOS. */
export const SCRIPT_DIRECTORY = "/etc/netloom/scripts";

const ETHTOOL = "the driver settings of ports are made and read with it";

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

  constructor(host: IHost, store: SettingsStore, origin: string) {
    this.host = host;
    this.store = store;
    this.origin = origin;
  }

  /** Sets a kernel parameter below `/proc/sys`. Vectors may be given as lists. */
  sysctl(key: string, value: string | number | readonly number[], reason: Reason): void {
    const name = sysctlKey(this.origin, key);
    const text = sysctlValueText(this.origin, name, Array.isArray(value) ? value.join(" ") : String(value));
    this.store.addSysctl(name, text, this.provenance(reason));
  }

  /** Loads a kernel module at boot and at deploy. */
  module(name: string, reason: Reason): void {
    assertWord(this.origin, "kernel module", name);
    this.store.modules.add(name, true, this.provenance(reason));
  }

  /** Sets one parameter of a kernel module, e.g. `("mlx4_core", "roce_mode", "2")`. */
  moduleOption(module: string, parameter: string, value: string | number, reason: Reason): void {
    assertWord(this.origin, "kernel module", module);
    assertWord(this.origin, "module parameter", parameter);
    assertWord(this.origin, "module parameter value", String(value));
    this.store.moduleOptions.add(`${module} ${parameter}`, String(value), this.provenance(reason));
  }

  /** Sets properties of a port. */
  link(interfaceId: string, settings: LinkSettings, reason: Reason): void {
    this.port(interfaceId);
    assertLink(this.origin, interfaceId, settings);
    for (const [property, value] of Object.entries(settings)) {
      if (value === undefined) continue;
      this.store.links.add(
        `${interfaceId} ${property}`,
        { interface: interfaceId, property, value },
        this.provenance(reason),
      );
      // How `renderPlan` sets it and how checks read it back.
      if (property !== "mtu")
        this.package({ debian: "ethtool", nix: "ethtool" }, { because: ETHTOOL, priority: "default" });
    }
  }

  /** Gives a port an address. All addresses given to a port together become its exact set. */
  address(interfaceId: string, cidr: string | InterfaceAddress, reason: Reason): void {
    this.port(interfaceId);
    const address = normalAddress(this.origin, cidr);
    this.store.addresses.add(
      `${interfaceId} ${address}`,
      { interface: interfaceId, settings: address },
      this.provenance(reason),
    );
  }

  /** Adds a route through a port. */
  route(interfaceId: string, route: RouteSettings, reason: Reason): void {
    this.port(interfaceId);
    const normal = normalRoute(this.origin, route);
    const key = `${interfaceId} ${normal.to} ${normal.metric ?? 0}`;
    this.store.routes.add(key, { interface: interfaceId, settings: normal }, this.provenance(reason));
  }

  /** Sets the queueing discipline of a port. */
  qdisc(interfaceId: string, settings: QdiscSettings, reason: Reason): void {
    this.port(interfaceId);
    assertWord(this.origin, "queueing discipline", settings.kind);
    for (const word of settings.args ?? []) assertWord(this.origin, "qdisc argument", word);
    this.store.qdiscs.add(interfaceId, { interface: interfaceId, settings }, this.provenance(reason));
  }

  /** Adds a WireGuard device. */
  wireguard(device: WireGuardDevice, reason: Reason): void {
    assertWireGuard(this.origin, device);
    const localNetworks = at(this.origin, () => device.localNetworks?.map((text) => Cidr.parse(text).toString()));
    this.store.wireguard.add(device.device, { ...device, localNetworks }, this.provenance(reason));
  }

  /** Lets packets between a device and a network behind the host pass the host's firewall; forwarding itself is a sysctl. */
  forward(forwarding: Forwarding, reason: Reason): void {
    const { device } = forwarding;
    assertOpenPort(this.origin, { protocol: "udp", port: 1, interface: device });
    const network = at(this.origin, () =>
      forwarding.network === undefined ? undefined : Cidr.parse(forwarding.network).toString(),
    );
    this.store.forwards.add(`${device} ${network ?? device}`, { device, network }, this.provenance(reason));
  }

  /** Lets traffic to a port through the host's firewall. */
  openPort(port: OpenPort, reason: Reason): void {
    assertOpenPort(this.origin, port);
    const key = `${port.protocol}/${port.port}/${port.interface ?? "*"}`;
    this.store.openPorts.add(key, port, this.provenance(reason));
  }

  /** Installs a package: on NixOS into the system's profile, on Debian and its like when the generation is staged. */
  package(settings: PackageSettings, reason: Reason): void {
    if (settings.debian !== undefined) assertDebianPackage(this.origin, settings.debian);
    if (settings.nix !== undefined || settings.debian === undefined)
      assertWord(this.origin, "package name", settings.nix ?? "");
    this.store.packages.add(settings.nix ?? settings.debian ?? "", settings, this.provenance(reason));
  }

  /** Adds a systemd unit, e.g. `netloom-affinity.service`. */
  unit(name: string, settings: UnitSettings, reason: Reason): void {
    assertUnitName(this.origin, name);
    const { unit, service, timer, wantedBy = [] } = settings;
    assertWantedBy(this.origin, wantedBy);
    assertUnitSections(this.origin, { "[Unit]": unit, "[Service]": service, "[Timer]": timer });
    this.store.units.add(name, settings, this.provenance(reason));
  }

  /** Adds a shell script. Returns the path under which units and checks can call it on either platform. */
  script(name: string, settings: ScriptSettings, reason: Reason): string {
    assertFileName(this.origin, "script name", name);
    this.store.scripts.add(name, settings, this.provenance(reason));
    return `${SCRIPT_DIRECTORY}/${name}`;
  }

  /** Writes a file. */
  file(path: string, settings: FileSettings, reason: Reason): void {
    this.store.files.add(path, fileSettings(this.origin, path, settings), this.provenance(reason));
  }

  /** Sets a pam limit. */
  limit(settings: LimitSettings, reason: Reason): void {
    assertLimit(this.origin, settings);
    const key = `${settings.domain} ${settings.type} ${settings.item}`;
    this.store.limits.add(key, settings, this.provenance(reason));
  }

  /** Adds a udev rule (one line). */
  udevRule(name: string, rule: string, reason: Reason): void {
    assertFileName(this.origin, "udev rule name", name);
    assertLine(this.origin, "a udev rule", rule);
    this.store.udevRules.add(name, rule, this.provenance(reason));
  }

  /** Adds an nftables table; `body` is what stands between its braces, `family` e.g. `inet`. */
  nftables(family: string, table: string, body: string, reason: Reason): void {
    assertTableName(this.origin, family, table);
    // NixOS brings it with `networking.nftables`.
    this.package({ debian: "nftables" }, { because: "the agent loads tables with nft", priority: "default" });
    this.store.nftables.add(`${family} ${table}`, body, this.provenance(reason));
  }

  /** Sets any NixOS option; has no effect on hosts that are not NixOS. */
  nixos(option: string, value: NixInput, reason: Reason): void {
    this.store.nixos.add(option, { value }, this.provenance(reason));
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
      fail({
        code: "NL-001",
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
      fail({
        code: "NL-REASON",
        path: this.origin,
        what: "a setting without a reason cannot be judged by the next reader",
        value: reason?.because,
        allowed: "a short clause",
        remedy: `{ because: "why this value" }`,
      });
    }
    if (reason.priority !== undefined && !isPriority(reason.priority)) {
      fail({
        code: "NL-PRIORITY",
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
