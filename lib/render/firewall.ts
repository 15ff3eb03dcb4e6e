import {
  Check,
  type CheckSpec,
  type OpenPort,
  portOf,
  type ResolvedHost,
  SCRIPT_DIRECTORY,
  selectorOf,
  type UnitSettings,
} from "../host";
import { reasonText } from "./reason";
import { comment, quote } from "./shell";
import { unitCommand } from "./unit";

/** Name of the script that opens ports, and of the unit that runs it. */
export const FIREWALL_SCRIPT = "firewall";
export const FIREWALL_UNIT = "netloom-firewall.service";

/**
 * Opens ports on hosts where Netloom does not own the firewall: where ufw or firewalld is in force the rules are added
 * there and removed with the generation; elsewhere there is nothing to open. Netloom never installs a default-drop
 * policy by itself, since that could cut the line it came in on.
 *
 * firewalld opens a port for a whole zone, never for one interface. So the rule also names the interface's own
 * addresses, and a table of ours drops what arrives for those addresses and that port on another interface. Without
 * the table a neighbour on the control network could send such packets straight to the host.
 *
 * One text for all hosts: the unit's arguments say which ports are meant. The script keeps a record of what it told
 * the firewall, because systemd stops a unit whose text has changed in the words of the new text.
 */
export const FIREWALL_SCRIPT_TEXT = `# firewall open PORT/PROTOCOL[@mac=ADDRESS|@name=DEVICE] …: opens these, and closes others that it opened before.
# firewall check PORT/PROTOCOL[@…] …: fails and says why unless the firewall in force has a rule for each.
# firewall close: closes all that it opened.
set -eu
record=\${NETLOOM_ROOT:-}/var/lib/netloom/opened-ports
header='netloom-ports 2'
table='inet netloom-ports'
action=$1
shift

have() { command -v "$1" >/dev/null 2>&1; }
ufw='' firewalld='' failed=0
if have ufw && ufw status 2>/dev/null | grep -q '^Status: active'; then ufw=1; fi
# ask_firewalld WORDS: firewall-cmd gives up after 25 s without an answer, which a busy host may need: asked up to 4 times.
ask_firewalld() {
  for asked in 1 2 3 4; do
    code=0
    firewall-cmd "$@" || code=$?
    [ "$code" = 254 ] || return "$code"
    [ "$asked" = 4 ] || sleep "$asked"
  done
  return "$code"
}
state=252
! have firewall-cmd || { state=0 && ask_firewalld --state >/dev/null 2>&1 || state=$?; }
# No answer is not the same as no firewall.
[ "$state" != 254 ] || { echo "firewalld does not answer: systemctl status firewalld" >&2; exit 1; }
if [ "$state" = 0 ]; then
  firewalld=1
  # firewall-cmd takes long to start: asked once for everything, it is searched as text.
  default_zone=$(ask_firewalld --get-default-zone)
  all_zones=$(ask_firewalld --list-all-zones)
fi
zone_text() { printf '%s\\n' "$all_zones" | awk -v zone="$1" '/^[^ \\t]/ { inside = $1 == zone; next } inside { sub(/^[ \\t]+/, ""); print }'; }
zone_has() { zone_text "$1" | sed -n "s/^$2: *//p" | tr ' ' '\\n' | grep -Fqx -e "$3"; }
active_zones() { printf '%s\\n' "$all_zones" | awk '/^[^ \\t].*active/ { print $1 }'; }
zone_of() {
  for zone in $(active_zones); do zone_has "$zone" interfaces "$1" && echo "$zone" && return; done
  echo "$default_zone"
}
fail() {
  echo "$*" >&2
  failed=1
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
addresses_of() { ip -o addr show dev "$1" 2>/dev/null | awk '$3 ~ /^inet6?$/ { sub(/[/].*/, "", $4); print $4 }'; }

# A rule is one line: the words for ufw behind "ufw", or "firewalld ZONE PORT/PROTOCOL [DEVICE ADDRESS]".
rules_of() { # PORT/PROTOCOL [DEVICE]
  if [ -n "$ufw" ] && [ $# -eq 1 ]; then echo "ufw allow $1"; fi
  if [ -n "$ufw" ] && [ $# -eq 2 ]; then echo "ufw allow in on $2 to any port \${1%/*} proto \${1#*/}"; fi
  [ -n "$firewalld" ] || return 0
  if [ $# -eq 2 ]; then
    zones=$(zone_of "$2")
    addresses=$(addresses_of "$2")
    [ -n "$addresses" ] || { echo "fail $2 has no address yet, and firewalld cannot open $1 for one interface without it"; return 0; }
  else
    zones=$({ echo "$default_zone"; active_zones; } | sort -u)
    addresses=''
  fi
  for zone in $zones; do
    open_anyway "$zone" "$1" && continue
    [ -n "$addresses" ] || echo "firewalld $zone $1"
    for address in $addresses; do echo "firewalld $zone $1 $2 $address"; done
  done
}
# open_anyway ZONE PORT/PROTOCOL: the zone lets it in without us. Narrowing that is not ours to do.
open_anyway() {
  zone_has "$1" target ACCEPT && return 0
  for service in $(zone_text "$1" | sed -n 's/^services: *//p'); do
    ask_firewalld --info-service="$service" 2>/dev/null | sed -n 's/^ *ports: *//p' | tr ' ' '\\n' | grep -Fqx -e "$2" && return 0
  done
  ! recorded "firewalld $1 $2" && zone_has "$1" ports "$2"
}
recorded() { printf '%s\\n' "$opened" | grep -Fqx -e "$1"; }

tell() { # add|remove|query RULE
  verb=$1
  # shellcheck disable=SC2086
  set -- $2
  case $1 in
  ufw)
    have ufw || return 0
    shift
    case $verb in
    add) ufw "$@" >/dev/null ;;
    remove) ufw delete "$@" >/dev/null ;;
    query) ufw show added | grep -Fqx -e "ufw $*" ;;
    esac
    ;;
  firewalld)
    [ -n "$firewalld" ] || return 0
    family=ipv4
    case \${5:-} in *:*) family=ipv6 ;; esac
    rich="rule family=\\"$family\\" destination address=\\"\${5:-}\\" port port=\\"\${3%/*}\\" protocol=\\"\${3#*/}\\" accept"
    case $verb:$# in
    query:3) zone_has "$2" ports "$3" ;;
    query:*) zone_text "$2" | grep -Fqx -e "$rich" ;;
    *:3) ask_firewalld -q --zone="$2" "--$verb-port=$3" ;;
    *) ask_firewalld -q --zone="$2" "--$verb-rich-rule=$rich" ;;
    esac
    ;;
  esac
}

# hold RULES: what is opened for one interface is dropped on all others.
hold() {
  held=$(printf '%s\\n' "$1" | awk '$1 == "firewalld" && NF == 5 {
    split($3, port, "/")
    printf "    %s daddr %s %s dport %s iifname != { \\"lo\\", \\"%s\\" } drop\\n", (index($5, ":") ? "ip6" : "ip"), $5, port[2], port[1], $4
  }')
  if [ -n "$held" ]; then
    have nft || { fail "firewalld opens ports for a whole zone; keeping them to one interface takes nft: install nftables"; return 1; }
    printf 'table %s\\ndelete table %s\\ntable %s {\\n  chain input {\\n    type filter hook input priority -10; policy accept;\\n%s\\n  }\\n}\\n' "$table" "$table" "$table" "$held" | nft -f -
  elif have nft; then
    # shellcheck disable=SC2086
    nft delete table $table 2>/dev/null || :
  fi
}

# Before version 2 the record was one line of words, and firewalld was told to open them in its default zone.
opened=$(cat "$record" 2>/dev/null) || opened=''
case $opened in
"$header"*) opened=$(printf '%s\\n' "$opened" | sed 1d) ;;
?*)
  [ "$action" != check ] || { echo "the ports were opened by an older version: systemctl restart netloom-firewall" >&2; exit 1; }
  for word in $opened; do
    port=\${word%@name=*}
    case $word in
    *@name=*) tell remove "ufw allow in on \${word#*@name=} to any port \${port%/*} proto \${port#*/}" || : ;;
    *) tell remove "ufw allow $port" || : ;;
    esac
    [ -z "$firewalld" ] || tell remove "firewalld $default_zone $port" || :
  done
  [ -z "$firewalld" ] || all_zones=$(ask_firewalld --list-all-zones)
  rm -f "$record"
  opened=''
  ;;
esac
if [ -z "$ufw$firewalld" ] && [ "$action" = check ]; then echo "no firewall is in force: nothing restricts this port" && exit 0; fi
[ -n "$ufw$firewalld" ] || set --
wanted=''
for word; do
  port=\${word%@*} device=''
  case $word in
  *@mac=*)
    device=$(device_of "\${word#*@mac=}")
    [ -n "$device" ] || { fail "no device has the address \${word#*@mac=}"; continue; }
    ;;
  *@name=*) device=\${word#*@name=} ;;
  esac
  # shellcheck disable=SC2086
  rules=$(rules_of "$port" $device)
  case $rules in
  'fail '*) fail "\${rules#fail }" ;;
  ?*) wanted="$wanted$rules
" ;;
  esac
done

if [ "$action" = check ]; then
  missing=$(printf '%s' "$wanted" | while read -r rule; do tell query "$rule" || echo "no rule: $rule"; done)
  [ -z "$missing" ] || fail "$missing"
  [ "$failed" = 1 ] || echo "open"
  exit $failed
fi

printf '%s\\n' "$opened" | while read -r rule; do
  case "
$wanted" in
  *"
$rule
"*) ;;
  *) [ -z "$rule" ] || tell remove "$rule" </dev/null || : ;;
  esac
done
if [ "$action" = close ] || [ -z "$ufw$firewalld" ]; then
  hold ''
  rm -f "$record"
  exit
fi
hold "$wanted" || exit 1
# What the firewall has already, and not from us, stays the host's own: it must not go when we close.
ours=$(printf '%s' "$wanted" | while read -r rule; do
  if recorded "$rule" || ! tell query "$rule" </dev/null >/dev/null 2>&1; then printf '%s\\n' "$rule"; fi
done)
printf '%s\\n%s\\n' "$header" "$ours" >"$record"
printf '%s\\n' "$ours" | while read -r rule; do
  [ -z "$rule" ] || tell add "$rule" </dev/null || exit 1
done || failed=1
exit $failed
`;

/** The unit that opens the ports of a host: its settings, and why each port is open as comment lines. */
export function firewallUnit(host: ResolvedHost): { readonly settings: UnitSettings; readonly comments: string } {
  const script = `${SCRIPT_DIRECTORY}/${FIREWALL_SCRIPT}`;
  const words = host.openPorts.map((port) => portWord(host, port.value));
  const comments = host.openPorts.map((port) =>
    comment(`${port.value.port}/${port.value.protocol}${whereOf(host, port.value)}: ${reasonText(port)}`),
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

/** That a port is open where it is wanted; the firewall in force is asked, not the unit. */
export function firewallCheck(host: ResolvedHost, port: OpenPort): CheckSpec {
  return Check.command({
    title: `firewall lets in ${port.port}/${port.protocol}${port.interface === undefined ? "" : ` on ${port.interface}`}`,
    run: `sh "\${NETLOOM_ROOT:-}${SCRIPT_DIRECTORY}/${FIREWALL_SCRIPT}" check ${quote(portWord(host, port))}`,
  });
}

/** The addresses stand here because firewalld's rules name them: a unit whose text changes is started again. */
function whereOf(host: ResolvedHost, { interface: id }: OpenPort): string {
  if (id === undefined) return "";
  const device = host.wireguard.find((d) => d.key === id);
  const own = host.addresses.filter((a) => a.value.interface === id).map((a) => a.value.settings);
  const addresses = device === undefined ? own : device.value.addresses;
  return ` on ${[id, ...addresses].join(" ")}`;
}

function portWord(host: ResolvedHost, { interface: id, protocol, port: number }: OpenPort): string {
  if (id === undefined) return `${number}/${protocol}`;
  const port = portOf(host, id);
  return `${number}/${protocol}@${port === undefined ? `name=${id}` : selectorOf(port)}`;
}
