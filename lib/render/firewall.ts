import { type OpenPort, portOf, type ResolvedHost, SCRIPT_DIRECTORY, selectorOf, type UnitSettings } from "../host";
import { reasonText } from "./reason";
import { comment } from "./shell";
import { unitCommand } from "./unit";

/** Name of the script that opens ports, and of the unit that runs it. */
export const FIREWALL_SCRIPT = "firewall";
export const FIREWALL_UNIT = "netloom-firewall.service";

/**
 * Opening ports on hosts where Netloom does not own the firewall: where ufw or firewalld is in force the rules are
 * added there and taken back with the generation; elsewhere there is nothing to open. Netloom never installs a
 * default-drop policy by itself, since that could cut the line it came in on.
 *
 * One text for all hosts: which ports are meant is said by the unit. The record is there because systemd stops a unit
 * whose text has changed in the words of the new text.
 */
export const FIREWALL_SCRIPT_TEXT = `# firewall open PORT/PROTOCOL[@mac=ADDRESS|@name=DEVICE] …: opens these, and closes others that it opened before.
# firewall close: closes all that it opened.
set -eu
record=\${NETLOOM_ROOT:-}/var/lib/netloom/opened-ports
action=$1
shift

have() { command -v "$1" >/dev/null 2>&1; }
ufw='' firewalld=''
if have ufw && ufw status 2>/dev/null | grep -q '^Status: active'; then ufw=1; fi
if have firewall-cmd && firewall-cmd --state >/dev/null 2>&1; then firewalld=1; fi
[ -n "$ufw$firewalld" ] || exit 0

tell() { # add|remove PORT/PROTOCOL[@name=DEVICE]
  verb=$1 port=\${2%@name=*}
  case $2 in
  *@name=*) set -- allow in on "\${2#*@name=}" to any port "\${port%/*}" proto "\${port#*/}" ;;
  *) set -- allow "$port" ;;
  esac
  [ "$verb" = add ] || set -- delete "$@"
  [ -z "$ufw" ] || ufw "$@" >/dev/null
  [ -z "$firewalld" ] || firewall-cmd "--$verb-port=$port" >/dev/null
}

# Firewalls know devices by name only, and names differ from boot to boot; the permanent address does not.
device_of() { # MAC
  ip -o -d link show | awk -v mac="$1" '{
    name = $2; sub(/[@:].*/, "", name); own = permanent = ""
    for (i = 3; i < NF; i++) {
      if ($i == "link/ether") own = $(i + 1)
      if ($i == "permaddr") permanent = $(i + 1)
    }
    if (permanent == mac || (permanent == "" && own == mac && !/ (vlan|bridge|bond|macvlan) /)) { print name; exit }
  }'
}

wanted='' failed=0
for word; do
  case $word in
  *@mac=*)
    device=$(device_of "\${word#*@mac=}")
    if [ -z "$device" ]; then
      echo "no device has the address \${word#*@mac=}" >&2
      failed=1
      continue
    fi
    word=\${word%@mac=*}@name=$device
    ;;
  esac
  wanted="$wanted $word"
done
if [ -r "$record" ]; then
  read -r opened <"$record" || :
  for word in $opened; do
    case "$wanted " in *" $word "*) ;; *) tell remove "$word" ;; esac
  done
fi
if [ "$action" = close ]; then
  rm -f "$record"
  exit
fi
echo "$wanted" >"$record"
for word in $wanted; do tell add "$word"; done
exit $failed
`;

/** The unit that opens the ports of a host: its settings, and why each port is open as comment lines. */
export function firewallUnit(host: ResolvedHost): { readonly settings: UnitSettings; readonly comments: string } {
  const script = `${SCRIPT_DIRECTORY}/${FIREWALL_SCRIPT}`;
  const words = host.openPorts.map((port) => portWord(host, port.value));
  const comments = host.openPorts.map((port) =>
    comment(`${port.value.port}/${port.value.protocol}: ${reasonText(port)}`),
  );
  const settings: UnitSettings = {
    unit: {
      Description: "Let Netloom's traffic through the firewall, if there is one",
      After: "ufw.service firewalld.service",
    },
    service: {
      Type: "oneshot",
      RemainAfterExit: true,
      ExecStart: unitCommand("/bin/sh", script, "open", ...words),
      ExecStop: unitCommand("/bin/sh", script, "close"),
    },
  };
  return { settings, comments: comments.map((text) => `${text}\n`).join("") };
}

function portWord(host: ResolvedHost, { interface: id, protocol, port: number }: OpenPort): string {
  if (id === undefined) return `${number}/${protocol}`;
  const port = portOf(host, id);
  return `${number}/${protocol}@${port === undefined ? `name=${id}` : selectorOf(port)}`;
}
