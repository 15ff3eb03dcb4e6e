import { located, NetloomError, type Problem } from "../errors";
import { HostFeature } from "./feature";
import type { IHost } from "./host";
import type { ResolvedHost } from "./resolved";
import { HostSettings } from "./settings";
import { SettingsStore } from "./store";

/**
 * Asks every feature of a host, in tree order, and merges the answers. What features throw and what
 * conflicts is added to `problems`, so that all of it is reported at once. `plans` are those of the stack's features.
 */
export function compileHost(
  host: IHost,
  problems: Problem[],
  plans: ReadonlyMap<object, unknown> = new Map(),
): ResolvedHost {
  const store = new SettingsStore();
  for (const construct of host.node.findAll()) {
    if (!HostFeature.isHostFeature(construct)) continue;
    try {
      construct.contribute(new HostSettings(host, store, construct.node.path, plans));
    } catch (error) {
      if (!(error instanceof NetloomError)) throw located(construct.node.path, error);
      problems.push(...error.problems.map((problem) => ({ path: construct.node.path, ...problem })));
    }
  }
  return store.resolve(host, problems);
}
