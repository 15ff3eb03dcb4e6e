import { defineProblem } from "../errors";
import type { ResolvedHost } from "../host";
import type { HostFile, HostFiles } from "./file";
import { FIREWALL_SCRIPT, FIREWALL_SCRIPT_TEXT, FIREWALL_UNIT, firewallUnit } from "./firewall";
import { FORWARDING_SCRIPT, FORWARDING_SCRIPT_TEXT, FORWARDING_UNIT, forwardingUnit } from "./forwarding";
import { renderModprobe, renderModulesLoad } from "./modules";
import { renderNetworkd } from "./networkd";
import { reasonText } from "./reason";
import { comment } from "./shell";
import { renderSysctl } from "./sysctl";
import { renderUnit } from "./unit";

export const FILE_TWICE = defineProblem("NL-FILE-TWICE", "A file has one writer");

/** The files that a host with plain systemd Linux gets below `/`. */
export function renderLinux(host: ResolvedHost): HostFiles {
  const files = new Map<string, HostFile>();
  const put = (path: string, file: HostFile, origin = host.path) => {
    if (files.has(path)) takenTwice(origin, path);
    files.set(path, file);
  };
  const etc = (path: string, content: string, more: Partial<HostFile> = {}) => {
    if (content !== "") put(`root/etc/${path}`, { content, mode: "0644", install: "link", ...more });
  };
  etc("sysctl.d/60-netloom.conf", renderSysctl(host));
  etc("modules-load.d/netloom.conf", renderModulesLoad(host));
  etc("modprobe.d/netloom.conf", renderModprobe(host));
  for (const [name, content] of renderNetworkd(host)) etc(`systemd/network/${name}`, content);
  for (const unit of host.units) etc(`systemd/system/${unit.key}`, renderUnit(unit.value));
  etc(
    "security/limits.d/60-netloom.conf",
    host.limits
      .map((l) => `${comment(reasonText(l))}\n${l.value.domain} ${l.value.type} ${l.value.item} ${l.value.value}\n`)
      .join("\n"),
  );
  etc("udev/rules.d/60-netloom.rules", host.udevRules.map((r) => `${comment(reasonText(r))}\n${r.value}\n`).join("\n"));
  for (const table of host.nftables)
    etc(nftablesFile(table.key).slice("etc/".length), renderNftables(table.key, table.value));
  const script = (name: string, text: string, shared?: string) =>
    etc(`netloom/scripts/${name}`, `#!/bin/sh\n${text}`, { mode: "0755", shared });
  for (const { key, value, origin } of host.scripts)
    script(key, value.text.replace(/\n?$/, "\n"), value.shared === true ? origin : undefined);
  if (host.openPorts.length > 0) {
    const { settings, comments } = firewallUnit(host);
    etc(`systemd/system/${FIREWALL_UNIT}`, comments + renderUnit(settings));
    script(FIREWALL_SCRIPT, FIREWALL_SCRIPT_TEXT, host.path);
  }
  if (host.forwards.length > 0) {
    const { settings, comments } = forwardingUnit(host);
    etc(`systemd/system/${FORWARDING_UNIT}`, comments + renderUnit(settings));
    script(FORWARDING_SCRIPT, FORWARDING_SCRIPT_TEXT, host.path);
  }
  for (const file of host.files) {
    if (file.value.platform === "nixos") continue;
    const { content, mode = "0644", install = "link" } = file.value;
    put(`root${file.key}`, { content, mode, install }, file.origin);
  }
  return files;
}

/** Nobody's file replaces another one silently, be it ours or that of a feature. */
function takenTwice(origin: string, path: string): never {
  throw FILE_TWICE({
    path: origin,
    what: "Netloom writes this file itself, from settings of their own kind",
    value: path.slice("root".length),
    allowed: "a path that is not taken",
    remedy: "host.sysctl, host.unit and the like for what stands in such files, or another name",
  });
}

/** Path below `/` of an nftables table's file, without the leading slash. */
export function nftablesFile(table: string): string {
  return `etc/netloom/${table.replace(" ", "-")}.nft`;
}

/** A whole table as `nft -f` reads it. The agent replaces the table atomically. */
export function renderNftables(familyAndName: string, body: string): string {
  return `table ${familyAndName} {\n${body.replace(/\n?$/, "\n")}}\n`;
}

/** Names of the units that a host gets: those of the features and, where a firewall has to let something through, those that tell it. */
export function linuxUnits(host: ResolvedHost): readonly string[] {
  const units = host.units.map((unit) => unit.key);
  if (host.openPorts.length > 0) units.push(FIREWALL_UNIT);
  if (host.forwards.length > 0) units.push(FORWARDING_UNIT);
  return units.sort();
}
