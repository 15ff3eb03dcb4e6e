import type { ResolvedHost, Setting } from "../host";
import { portOf } from "../host";
import { reasonText } from "./reason";
import { comment, quote } from "./shell";

/**
 * Opening a port on hosts where Netloom does not own the firewall: where ufw or firewalld is in force the rule is
 * added there and taken back with the generation; elsewhere there is nothing to open. Netloom never installs a
 * default-drop policy by itself, since that could cut the line it came in on.
 */
export function renderFirewallScript(host: ResolvedHost, action: "open" | "close"): string {
  const ufw = action === "open" ? "ufw allow" : "ufw delete allow";
  const firewalld = action === "open" ? "--add-port" : "--remove-port";
  return [
    "set -eu",
    'have() { command -v "$1" >/dev/null 2>&1; }',
    "ufw_on() { have ufw && ufw status 2>/dev/null | grep -q '^Status: active'; }",
    "firewalld_on() { have firewall-cmd && firewall-cmd --state >/dev/null 2>&1; }",
    ...host.openPorts.flatMap((port) => [
      comment(reasonText(port)),
      `if ufw_on; then ${ufw} ${ufwRule(host, port)} >/dev/null; fi`,
      `if firewalld_on; then firewall-cmd ${firewalld}=${port.value.port}/${port.value.protocol} >/dev/null; fi`,
    ]),
    "",
  ].join("\n");
}

function ufwRule(host: ResolvedHost, port: Setting<{ protocol: string; port: number; interface?: string }>): string {
  const { interface: id, protocol, port: number } = port.value;
  const device = id === undefined ? undefined : (portOf(host, id)?.name ?? id);
  return device === undefined
    ? `${number}/${protocol}`
    : `in on ${quote(device)} to any port ${number} proto ${protocol}`;
}
