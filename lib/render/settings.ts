import { linesJson } from "../contract";
import { KINDS, type Kind, type Provenance, type ResolvedHost, type ResolvedSettings, type Setting } from "../host";

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
  const kinds = Object.entries<Kind<never, unknown>>(KINDS) as [keyof ResolvedSettings, Kind<never, unknown>][];
  return {
    ...Object.fromEntries(kinds.map(([list, { show }]) => [list, entries<unknown>(host[list], show)])),
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
