import { type ResolvedHost, SCRIPT_DIRECTORY, type UnitSettings } from "../host";
import { reasonText } from "./reason";
import { comment } from "./shell";
import { unitCommand } from "./unit";

/** Name of the script that lets packets pass through the host, and of the unit that runs it. */
export const FORWARDING_SCRIPT = "forwarding";
export const FORWARDING_UNIT = "netloom-forwarding.service";

/**
 * Lets forwarded packets pass the firewalls that offer a place for such rules: ufw's route rules and Docker's DOCKER-USER
 * chain. firewalld has none that is both narrow and not permanent, and a chain somebody wrote is theirs: the check
 * `forward` names those.
 *
 * One text for all hosts: the unit's arguments say what may pass. The record is there because systemd stops a unit
 * whose text has changed in the words of the new text.
 */
export const FORWARDING_SCRIPT_TEXT = `# forwarding open DEVICE[=NETWORK] …: lets packets pass between DEVICE and NETWORK, or from DEVICE back into it; removes
# what it added before and is no longer named.
# forwarding close: removes all that it added.
set -eu
record=\${NETLOOM_ROOT:-}/var/lib/netloom/opened-forwards
action=$1
shift

have() { command -v "$1" >/dev/null 2>&1; }
ufw=''
if have ufw && ufw status 2>/dev/null | grep -q '^Status: active'; then ufw=1; fi
docker() { have "$1" && "$1" -w -n -L DOCKER-USER >/dev/null 2>&1; }

# A rule is one line: "ufw WORDS" for ufw route allow WORDS, or "iptables WORDS" and "ip6tables WORDS" for DOCKER-USER.
rules_of() { # DEVICE[=NETWORK]
  device=\${1%%=*} network=\${1#*=}
  case $1 in
  *=*:*) tools=ip6tables ;;
  *=*) tools=iptables ;;
  *) tools='iptables ip6tables' ;;
  esac
  if [ -n "$ufw" ]; then
    case $1 in
    *=*) printf 'ufw %s\\n' "in on $device to $network" "out on $device from $network" ;;
    *) echo "ufw in on $device out on $device" ;;
    esac
  fi
  for tool in $tools; do
    docker "$tool" || continue
    case $1 in
    *=*) printf "$tool %s\\n" "-i $device -d $network" "-o $device -s $network" ;;
    *) echo "$tool -i $device -o $device" ;;
    esac
  done
}

tell() { # add|remove RULE
  verb=$1
  # shellcheck disable=SC2086
  set -- $2
  tool=$1
  shift
  have "$tool" || return 0
  case $verb:$tool in
  add:ufw) ufw route allow "$@" >/dev/null ;;
  remove:ufw) ufw route delete allow "$@" >/dev/null ;;
  add:*) "$tool" -w -C DOCKER-USER "$@" -m comment --comment netloom -j ACCEPT 2>/dev/null || "$tool" -w -I DOCKER-USER "$@" -m comment --comment netloom -j ACCEPT ;;
  remove:*) "$tool" -w -D DOCKER-USER "$@" -m comment --comment netloom -j ACCEPT ;;
  esac
}
# Rules of ufw have no mark: one that the host had before us stays when we go.
there_already() {
  case $1 in "ufw "*) ufw show added | grep -Fqx -e "ufw route allow \${1#ufw }" ;; *) return 1 ;; esac
}

added=$(cat "$record" 2>/dev/null) || added=''
wanted=''
[ "$action" = close ] || for word; do
  wanted="$wanted$(rules_of "$word")
"
done
holds() { printf '%s\\n' "$1" | grep -Fqx -e "$2"; }
printf '%s\\n' "$added" | while read -r rule; do
  [ -z "$rule" ] || holds "$wanted" "$rule" || tell remove "$rule" 2>/dev/null || :
done
if [ "$action" = close ]; then
  rm -f "$record"
  exit
fi
printf '%s\\n' "$wanted" | while read -r rule; do
  [ -n "$rule" ] || continue
  holds "$added" "$rule" || ! there_already "$rule" || continue
  echo "$rule"
done >"$record.new"
mv -f "$record.new" "$record"
while read -r rule; do tell add "$rule"; done <"$record"
`;

/** The unit that lets packets pass: its settings, and why each may as comment lines. */
export function forwardingUnit(host: ResolvedHost): { readonly settings: UnitSettings; readonly comments: string } {
  const words = host.forwards.map(({ value }) =>
    value.network === undefined ? value.device : `${value.device}=${value.network}`,
  );
  const comments = host.forwards.map((forward, i) => `${comment(`${words[i]}: ${reasonText(forward)}`)}\n`);
  const settings: UnitSettings = {
    unit: {
      Description: "Let packets that Netloom forwards through the firewall, if there is one",
      After: "ufw.service firewalld.service docker.service",
    },
    service: {
      Type: "oneshot",
      RemainAfterExit: true,
      ExecStart: unitCommand("/bin/sh", `${SCRIPT_DIRECTORY}/${FORWARDING_SCRIPT}`, "open", ...words),
      ExecStop: unitCommand("/bin/sh", `${SCRIPT_DIRECTORY}/${FORWARDING_SCRIPT}`, "close"),
    },
  };
  return { settings, comments: comments.join("") };
}
