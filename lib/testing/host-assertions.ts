import { hostPlace, INDEX, parseIndex, sharedPlace } from "../contract";
import type {
  CheckKind,
  LinkSettings,
  NixInput,
  OpenPort,
  Provenance,
  QdiscSettings,
  ResolvedHost,
  RouteSettings,
  Setting,
  UnitSettings,
  WireGuardDevice,
} from "../host";
import { checksOf } from "../render";
import { by, includes, type Judgement, matches, nearLines, settle, show } from "./assertion";
import { subjectOf } from "./subject";
import type { SynthResult } from "./synth";

/**
 * Assertions about one host of a synthesized stack.
 *
 * @example
 * const result = synthToFiles(stack);
 * expectHost(result, "node-0").toHaveSysctl("net.ipv4.tcp_congestion_control", "bbr");
 * expectHost(result, "node-0").not.toHaveModule("tcp_bbr");
 */
export function expectHost(result: SynthResult, hostName: string): HostAssertions {
  const host = subjectOf(result, "host", hostName, result.hosts);
  return new HostAssertions(result, host, false);
}

/** What can be asserted about a host. Every assertion throws an `AssertionError` of `node:assert`. */
export class HostAssertions {
  private readonly result: SynthResult;
  private readonly host: ResolvedHost;
  private readonly negated: boolean;

  /** @internal use {@link expectHost} */
  constructor(result: SynthResult, host: ResolvedHost, negated: boolean) {
    this.result = result;
    this.host = host;
    this.negated = negated;
  }

  /** The same assertions, negated. */
  get not(): HostAssertions {
    return new HostAssertions(this.result, this.host, !this.negated);
  }

  /** A kernel parameter is set, to `value` where one is given; vectors may be lists. */
  toHaveSysctl(key: string, value?: string | number | readonly number[]): void {
    const wanted = value === undefined ? undefined : Array.isArray(value) ? value.join(" ") : String(value);
    this.settle(this.toHaveSysctl, keyed(`sysctl ${key}`, key, this.host.sysctls, wanted));
  }

  /** A kernel module is loaded. */
  toHaveModule(name: string): void {
    this.settle(this.toHaveModule, keyed(`kernel module ${name}`, name, this.host.modules));
  }

  /** A port has these properties; others are not looked at. */
  toHaveLink(interfaceId: string, properties: LinkSettings): void {
    const set = this.host.links.filter((link) => link.value.interface === interfaceId);
    const found = Object.fromEntries(set.map((link) => [link.value.property, link.value.value]));
    this.settle(this.toHaveLink, {
      pass: includes(found, properties),
      claim: `sets on interface ${interfaceId}`,
      wanted: properties,
      found: set.length === 0 ? undefined : found,
      near: this.host.links.map((l) => `${l.value.interface} ${l.value.property} = ${show(l.value.value)} ${by(l)}`),
    });
  }

  /** A port gets an address with prefix length. */
  toHaveAddress(interfaceId: string, address: string): void {
    const own = this.host.addresses.filter((a) => a.value.interface === interfaceId);
    this.settle(this.toHaveAddress, {
      pass: own.some((a) => a.value.settings === address),
      claim: `has an address on interface ${interfaceId}`,
      wanted: address,
      found: own.length === 0 ? undefined : own.map((a) => a.value.settings),
      near: this.host.addresses.map((a) => `${a.value.interface} ${a.value.settings} ${by(a)}`),
    });
  }

  /** A route leads through a port; properties that are left out are not looked at. */
  toHaveRoute(interfaceId: string, route: Partial<RouteSettings>): void {
    const own = this.host.routes.filter((r) => r.value.interface === interfaceId);
    this.settle(this.toHaveRoute, {
      pass: own.some((r) => includes(r.value.settings, route)),
      claim: `has a route on interface ${interfaceId}`,
      wanted: route,
      found: own.length === 0 ? undefined : own.map((r) => r.value.settings),
      near: this.host.routes.map((r) => `${r.value.interface} ${show(r.value.settings)} ${by(r)}`),
    });
  }

  /** The queueing discipline of a port. */
  toHaveQdisc(interfaceId: string, kind: QdiscSettings["kind"]): void {
    const found = this.host.qdiscs.find((q) => q.key === interfaceId);
    this.settle(this.toHaveQdisc, {
      pass: found?.value.settings.kind === kind,
      claim: `has a qdisc on interface ${interfaceId}`,
      wanted: kind,
      found: found?.value.settings.kind,
      near: this.host.qdiscs.map((q) => `${q.key} ${q.value.settings.kind} ${by(q)}`),
    });
  }

  /** A file is written, by its path on the host; its text holds `content` or matches it. */
  toHaveFile(path: string, content?: string | RegExp): void {
    const files = filesOf(this.result, this.host.name);
    const paths = [...files.keys()].filter((name) => name.startsWith("root/")).map((name) => name.slice("root".length));
    const found = files.get(`root${path}`) ?? files.get(path);
    this.settle(this.toHaveFile, {
      pass: found !== undefined && (content === undefined || matches(found, content)),
      claim: `has file ${path}${content === undefined ? "" : " with this text"}`,
      wanted: content,
      found,
      near: found === undefined ? nearLines(path, paths, String, String) : [],
    });
  }

  /** A systemd unit is there, with these settings; others are not looked at. */
  toHaveUnit(name: string, unit?: UnitSettings): void {
    this.settle(this.toHaveUnit, keyed(`unit ${name}`, name, this.host.units, unit));
  }

  /** A WireGuard device is there, with these properties; others are not looked at. */
  toHaveWireGuard(device: string, properties?: Partial<WireGuardDevice>): void {
    this.settle(this.toHaveWireGuard, keyed(`WireGuard device ${device}`, device, this.host.wireguard, properties));
  }

  /** The host's firewall lets a port in; without `interface`, on any. */
  toOpenPort(port: OpenPort): void {
    this.settle(this.toOpenPort, {
      pass: this.host.openPorts.some((open) => includes(open.value, port)),
      claim: "opens a port",
      wanted: port,
      found: this.host.openPorts.length === 0 ? undefined : this.host.openPorts.map((open) => open.value),
      near: this.host.openPorts.map((open) => `${show(open.value)} ${by(open)}`),
    });
  }

  /** A package is installed, by its name in Debian or in Nix. */
  toHavePackage(name: string): void {
    const { packages } = this.host;
    this.settle(this.toHavePackage, {
      pass: packages.some(({ value }) => value.debian === name || value.nix === name),
      claim: `installs package ${name}`,
      found: packages.length === 0 ? undefined : packages.map((p) => p.value),
      near: nearLines(
        name,
        packages,
        (p) => p.key,
        (p) => `${show(p.value)} ${by(p)}`,
      ),
    });
  }

  /** Something is checked after the deploy; `args` are compared from the first on, as far as they are given. */
  toHaveCheck(kind: CheckKind, ...args: readonly (string | number | RegExp)[]): void {
    const checks = checksOf(this.host);
    const own = checks.filter((check) => check.kind === kind);
    const line = (check: Provenance & { kind: string; args: readonly string[] }) =>
      `${check.kind} ${check.args.join(" ")} ${by(check)}`;
    this.settle(this.toHaveCheck, {
      pass: own.some((check) => args.every((arg, i) => fits(check.args[i], arg))),
      claim: `is checked for ${[kind, ...args.map(show)].join(" ")}`,
      found: own.length === 0 ? undefined : own.map((check) => check.args.join(" ")),
      near: (own.length === 0 ? checks : own).map(line),
    });
  }

  /** A NixOS option was set directly (not by what other settings render to); to `value` where one is given. */
  toHaveNixosOption(option: string, value?: NixInput): void {
    const options = this.host.nixos.map((o): Setting<unknown> => ({ ...o, value: o.value.value }));
    this.settle(this.toHaveNixosOption, keyed(`NixOS option ${option}`, option, options, value));
  }

  /** A note for the operator holds this text or matches it. */
  toHaveNote(text: string | RegExp): void {
    const notes = this.host.notes.map((note) => note.text);
    this.settle(this.toHaveNote, {
      pass: notes.some((note) => matches(note, text)),
      claim: "has a note",
      wanted: text,
      found: notes.length === 0 ? undefined : notes,
    });
  }

  private settle(caller: (...args: never[]) => void, judgement: Judgement): void {
    settle(`host ${this.host.name}`, judgement, this.negated, caller);
  }
}

/** Texts of a host's own files by path below its folder, and of those that it shares with others by path in `shared/`. */
function filesOf({ files }: SynthResult, hostName: string): ReadonlyMap<string, string> {
  const folder = hostPlace(hostName, "");
  const own = [...files].filter(([path]) => path.startsWith(folder));
  const { hosts } = parseIndex(files.get(INDEX)!);
  const shared = (hosts[hostName]?.shared ?? []).map((path) => [path, files.get(sharedPlace(path))!] as const);
  return new Map([...own.map(([path, text]) => [path.slice(folder.length), text] as const), ...shared]);
}

/** Judges a setting that is found by its key. */
function keyed(what: string, key: string, settings: readonly Setting<unknown>[], wanted?: unknown): Judgement {
  const found = settings.find((setting) => setting.key === key);
  const line = (setting: Setting<unknown>) =>
    `${setting.key}${setting.value === true ? "" : ` = ${show(setting.value)}`} ${by(setting)}`;
  return {
    pass: found !== undefined && (wanted === undefined || includes(found.value, wanted)),
    claim: `has ${what}`,
    wanted,
    found: found?.value,
    near: found === undefined ? nearLines(key, settings, (s) => s.key, line) : [line(found)],
  };
}

function fits(found: string | undefined, wanted: string | number | RegExp): boolean {
  if (found === undefined) return false;
  return wanted instanceof RegExp ? wanted.test(found) : found === String(wanted);
}
