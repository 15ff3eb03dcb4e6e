import type { OpenPort, ResolvedHost } from "../host";
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
    ...(host.openPorts.some((port) => portMac(host, port.value) !== undefined) ? [DEVICE_OF] : []),
    ...host.openPorts.flatMap((port) => [
      comment(reasonText(port)),
      `if ufw_on; then ${ufw} ${ufwRule(host, port.value)} >/dev/null; fi`,
      `if firewalld_on; then firewall-cmd ${firewalld}=${port.value.port}/${port.value.protocol} >/dev/null; fi`,
    ]),
    "",
  ].join("\n");
}

/** Firewalls know devices by name only, and names differ from boot to boot; the permanent address does not. */
const DEVICE_OF = [
  "device_of() { # MAC",
  '  ip -o -d link show | awk -v mac="$1" \'{',
  '    name = $2; sub(/[@:].*/, "", name); own = permanent = ""',
  "    for (i = 3; i < NF; i++) {",
  '      if ($i == "link/ether") own = $(i + 1)',
  '      if ($i == "permaddr") permanent = $(i + 1)',
  "    }",
  '    if (permanent == mac || (permanent == "" && own == mac && !/ (vlan|bridge|bond|macvlan) /)) { print name; exit }',
  "  }'",
  "}",
].join("\n");

function portMac(host: ResolvedHost, port: OpenPort): string | undefined {
  return port.interface === undefined ? undefined : portOf(host, port.interface)?.mac?.toString();
}

function ufwRule(host: ResolvedHost, port: OpenPort): string {
  const { interface: id, protocol, port: number } = port;
  if (id === undefined) return `${number}/${protocol}`;
  const mac = portMac(host, port);
  const device = mac === undefined ? quote(portOf(host, id)?.name ?? id) : `"$(device_of ${quote(mac)})"`;
  return `in on ${device} to any port ${number} proto ${protocol}`;
}
