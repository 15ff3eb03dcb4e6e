import type { OpenPort, ResolvedHost } from "../host";
import { portOf } from "../host";
import { reasonText } from "./reason";
import { comment, quote } from "./shell";

/**
 * Opening a port on hosts where Netloom does not own the firewall: where ufw or firewalld is in force the rule is
 * added there and taken back with the generation; elsewhere there is nothing to open. Netloom never installs a
 * default-drop policy by itself, since that could cut the line it came in on. The script's word is `open` or `close`.
 */
export function renderFirewallScript(host: ResolvedHost): string {
  return [
    "set -eu",
    "action=$1",
    ALLOW,
    ...(host.openPorts.some((port) => portMac(host, port.value) !== undefined) ? [DEVICE_OF] : []),
    ...host.openPorts.flatMap((port) => [
      comment(reasonText(port)),
      `allow ${port.value.port}/${port.value.protocol} ${ufwRule(host, port.value)}`,
    ]),
    "",
  ].join("\n");
}

const ALLOW = [
  'have() { command -v "$1" >/dev/null 2>&1; }',
  "allow() { # PORT/PROTOCOL, and the same as a rule of ufw",
  "  port=$1 verb=add",
  "  shift",
  '  set -- allow "$@"',
  '  [ "$action" = open ] || { verb=remove && set -- delete "$@"; }',
  "  if have ufw && ufw status 2>/dev/null | grep -q '^Status: active'; then ufw \"$@\" >/dev/null; fi",
  "  if have firewall-cmd && firewall-cmd --state >/dev/null 2>&1; then",
  '    firewall-cmd "--$verb-port=$port" >/dev/null',
  "  fi",
  "}",
].join("\n");

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
