import type { Provenance, ResolvedHost, Setting } from "../host";
import { linesJson } from "./json";

/**
 * `settings.json`: every setting of a host with its value, who made it and why. Values leave out what the key says
 * already; checks stand in `verify`, with the same words.
 */
export function renderSettings(host: ResolvedHost): string {
  const kept = Object.entries(settingLists(host)).filter(([, list]) => list.length > 0);
  return linesJson({ host: host.path, platform: host.platform, ...Object.fromEntries(kept) }, 2);
}

/** One list for each kind of setting, by its name in `settings.json`. */
export function settingLists(host: ResolvedHost): Readonly<Record<string, readonly unknown[]>> {
  return {
    sysctls: entries(host.sysctls),
    modules: entries(host.modules),
    moduleOptions: entries(host.moduleOptions),
    links: entries(host.links, (l) => l.value),
    addresses: entries(host.addresses, (address) => address.settings),
    routes: entries(host.routes, (route) => route.settings),
    qdiscs: entries(host.qdiscs, (qdisc) => qdisc.settings),
    wireguard: entries(host.wireguard, ({ keyDirectory: _, device: __, ...more }) => more),
    openPorts: entries(host.openPorts, () => true),
    forwards: entries(host.forwards, () => true),
    packages: entries(host.packages),
    units: entries(host.units),
    files: entries(host.files, (file) => ({ mode: file.mode ?? "0644", bytes: Buffer.byteLength(file.content) })),
    scripts: entries(host.scripts, (script) => ({ bytes: Buffer.byteLength(script.text) })),
    limits: entries(host.limits),
    udevRules: entries(host.udevRules),
    nftables: entries(host.nftables),
    nixos: host.nixos.map((o) => ({ key: o.key, ...provenance(o) })),
    ...Object.fromEntries(host.stated.map((fact) => [fact.name, entries(host.facts(fact), fact.show)])),
    notes: host.notes.map((n) => ({ text: n.text, ...provenance(n) })),
  };
}

function entries<T>(settings: readonly Setting<T>[], show: (value: T) => unknown = (value) => value): unknown[] {
  return settings.map((setting) => ({ key: setting.key, value: show(setting.value), ...provenance(setting) }));
}

/** JSON leaves out what is undefined. */
function provenance({ origin, because, source, priority }: Provenance) {
  return { by: origin, because, source, priority: priority === "normal" ? undefined : priority };
}
