import type { Provenance } from "../host";

/** The comment that stands above every generated setting: why, by whom, and from which source. */
export function reasonText(setting: Provenance): string {
  const source = setting.source === undefined ? "" : ` [${setting.source}]`;
  return `${setting.because}${source} (${setting.origin})`;
}
