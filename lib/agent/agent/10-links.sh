# Setting one thing at a time. Every setter looks first, so that a second run changes nothing.

sysctl_set() {
  [ "$(sysctl_get "$1")" = "$2" ] && return 0
  set_path=$(sysctl_path "$1")
  [ -e "$set_path" ] || return 2
  (printf '%s\n' "$2" >"$set_path") 2>/dev/null
  # Some keys answer in another form than they were given; whether the value holds is for the checks to say.
}

mtu_set() {
  [ "$(mtu_get "$1")" = "$2" ] || ip link set dev "$1" mtu "$2"
}

link_set() {
  [ "$(link_state "$1")" = "$2" ] || ip link set dev "$1" "$2"
}

static_routes() {
  for family in -4 -6; do
    ip "$family" route show table main 2>/dev/null | grep -v ' proto kernel' | sed "s/ linkdown//; s/ dead//; s/ expires [^ ]*//; s/^/$family /; s/ *\$//"
  done
}

# Puts back routes of the given list (as static_routes printed it) that went away with an address.
return_lost_routes() {
  static_routes >"$RUN/routes.now"
  printf '%s\n' "$1" | while read -r family lost; do
    [ -n "$lost" ] || continue
    grep -Fqx -e "$family $lost" "$RUN/routes.now" && continue
    # shellcheck disable=SC2086 # the words of a route as ip printed them
    ip "$family" route add $lost 2>/dev/null || :
  done
  rm -f "$RUN/routes.now"
}

# addresses_set DEV CSV: the link ends with exactly these. New ones come first; removing a primary may take its
# secondaries along, hence the second look; removing the last one takes routes along, hence their return.
addresses_set() {
  set_wanted=$(printf '%s\n' "$2" | tr ',' '\n' | sed '/^$/d' | sort)
  [ "$(addresses_get "$1")" = "$set_wanted" ] && return 0
  set_routes=$(static_routes)
  set_status=0
  add_missing "$1" || set_status=1
  for set_cidr in $(addresses_get "$1"); do
    printf '%s\n' "$set_wanted" | grep -Fqx -e "$set_cidr" || ip addr del "$set_cidr" dev "$1" || set_status=1
  done
  add_missing "$1" || set_status=1
  return_lost_routes "$set_routes"
  return $set_status
}
add_missing() {
  missing_status=0
  missing_have=$(addresses_get "$1")
  # A point-to-point link, such as a tunnel, has no broadcast address.
  missing_broadcast='brd +'
  case $(ip -o link show dev "$1") in *POINTOPOINT*) missing_broadcast= ;; esac
  # shellcheck disable=SC2086 # missing_broadcast is two words, or none
  for missing_cidr in $set_wanted; do
    printf '%s\n' "$missing_have" | grep -Fqx -e "$missing_cidr" && continue
    case $missing_cidr in
    *:*) ip addr add "$missing_cidr" dev "$1" nodad || missing_status=1 ;;
    */3[12]) ip addr add "$missing_cidr" dev "$1" || missing_status=1 ;;
    *) ip addr add "$missing_cidr" $missing_broadcast dev "$1" || missing_status=1 ;;
    esac
  done
  return $missing_status
}

# ethtool_most DEV FLAG NAME: the largest value that the card has for it; ethtool takes no "max", as .link files do.
ethtool_most() {
  ethtool "-$2" "$1" 2>/dev/null | awk -F : -v want="$3" '
    /^Current hardware settings/ { exit }
    tolower($1) == want { gsub(/[ \t]/, "", $2); print $2; exit }'
}

# qdisc_set DEV KIND ARGS
qdisc_set() {
  qdisc_has=$(qdisc_get "$1")
  case $2 in
  mq-fq) qdisc_set_mq "$1" "$3" ;;
  *)
    [ -z "$3" ] && [ "${qdisc_has%% *}" = "$2" ] && return 0
    # shellcheck disable=SC2086 # arguments are words
    tc qdisc replace dev "$1" root "$2" $3
    ;;
  esac
}
qdisc_set_mq() {
  mq_queues=$(find "${NETLOOM_SYS:-/sys}/class/net/$1/queues/" -name 'tx-*' 2>/dev/null | wc -l)
  if [ "$mq_queues" -le 1 ]; then
    # shellcheck disable=SC2086
    case $qdisc_has in "fq "*) [ -z "$2" ] || tc qdisc replace dev "$1" root fq $2 ;; *) tc qdisc replace dev "$1" root fq $2 ;; esac
    return
  fi
  # The mq that the kernel made has handle 0:, and its children cannot be addressed: replace it by one with a name.
  case $qdisc_has in "mq 7e10: "* | "mq 7e10:") ;; *) tc qdisc replace dev "$1" root handle 7e10: mq || return 1 ;; esac
  mq_index=1
  while [ "$mq_index" -le "$mq_queues" ]; do
    # shellcheck disable=SC2086
    tc qdisc replace dev "$1" parent "7e10:$(printf %x "$mq_index")" fq $2 || return 1
    mq_index=$((mq_index + 1))
  done
}

# qdisc_state DEV: the root qdisc, and of an mq that the kernel made what it has on its queues.
qdisc_state() {
  state_root=$(qdisc_get "$1")
  case $state_root in 'mq 0:'*) state_root="$state_root children $(tc qdisc show dev "$1" 2>/dev/null | awk '/ parent / { print $2 }' | sort -u | tr '\n' ' ' | sed 's/ $//')" ;; esac
  say "$state_root"
}

# qdisc_restore DEV "KIND HANDLE ARGS", as qdisc_state printed it.
qdisc_restore() {
  restore_now=$(qdisc_state "$1")
  [ "$restore_now" = "$2" ] && return 0
  # shellcheck disable=SC2086 # words as tc printed them
  set -- "$1" $2
  restore_dev=$1 restore_kind=${2:-noqueue} restore_handle=${3:-0:}
  [ $# -lt 3 ] || shift 3
  case $restore_handle:$restore_kind in
  0::* | *:noqueue)
    # The kernel attaches its default anew where one is deleted, but its own cannot be deleted: one with a name takes its place.
    case $restore_now in
    "$restore_kind 0:"*) case "$*" in *children*) ;; *) return 0 ;; esac ;;
    esac
    case $restore_now in *' 0:'*) tc qdisc replace dev "$restore_dev" root handle 7e11: pfifo 2>/dev/null || return 1 ;; esac
    tc qdisc del dev "$restore_dev" root 2>/dev/null || :
    restore_now=$(qdisc_get "$restore_dev")
    [ "${restore_now%% *}" = "$restore_kind" ] || warning "$restore_dev: the kernel gave it the qdisc ${restore_now%% *}; before Netloom it was $restore_kind"
    ;;
  *)
    # tc prints packet counts as "100p" and does not read them back so.
    restore_args=$(printf '%s ' "$@" | sed 's/\([0-9]\)p /\1 /g')
    # shellcheck disable=SC2086
    tc qdisc replace dev "$restore_dev" root handle "$restore_handle" "$restore_kind" $restore_args 2>/dev/null ||
      tc qdisc replace dev "$restore_dev" root handle "$restore_handle" "$restore_kind"
    ;;
  esac
}

# refuse_foreign_qdiscs ID: ends here when a tree of classes and filters, which cannot be put back, would be replaced.
refuse_foreign_qdiscs() {
  foreign_qdisc=$(plan_lines "$1" qdisc | while IFS=$TAB read -r _ sel _; do
    name=$(link_of "$sel") || continue
    [ -z "$(original_value qdisc "$name")" ] || continue
    case $(qdisc_get "$name") in *' 0:'* | *' 7e10:'* | '') continue ;; esac
    { tc class show dev "$name"; tc filter show dev "$name"; } 2>/dev/null | grep -q . || continue
    foreign_root=$(qdisc_get "$name" | cut -d ' ' -f 1-2)
    say "$name has the qdisc $foreign_root with classes or filters that Netloom did not make, and could not restore${NL}do: remove it (tc qdisc del dev $name root) together with what makes it at boot, or remove the qdisc of this port from the stack"
  done)
  [ -z "$foreign_qdisc" ] || die "$foreign_qdisc"
}

# Keys whose values the kernel or a manager changes along with something else.
port_keys() { # DEV
  for key in ipv6/accept_ra ipv6/autoconf ipv6/use_tempaddr ipv6/addr_gen_mode ipv6/disable_ipv6 ipv4/promote_secondaries; do
    key=net/${key%/*}/conf/$1/${key#*/}
    key_value=$(sysctl_get "$key") && printf '%s=%s ' "$key" "$key_value"
  done
}
forwarding_keys() { # ipv4|ipv6
  for key in "${NETLOOM_PROC:-/proc}/sys/net/$1/conf"/*/forwarding; do
    case $key in */conf/all/forwarding) continue ;; esac
    [ ! -r "$key" ] || printf '%s=%s ' "${key#"${NETLOOM_PROC:-/proc}/sys/"}" "$(cat "$key")"
  done
}

# route_set DEV DEST VIA OPTIONS
route_set() {
  route_via=
  [ "$3" = - ] || route_via="via $3"
  # The first one wins. networkd may have set it already, and with another protocol number ours would stand beside it.
  routes_to "$2" "$3$4" | head -n 1 | route_matches "$2${route_via:+ $route_via} dev $1" "$4" && return 0
  # shellcheck disable=SC2086
  ip "$(family_of "$2$3$4")" route replace "$2" $route_via dev "$1" $4
}

# routes_restore DEST "LINE|LINE": exactly these routes lead to DEST again.
routes_restore() {
  route_family=$(family_of "$1$2")
  route_old=$(printf '%s\n' "$2" | tr '|' '\n' | sed '/^$/d')
  routes_to "$1" "$2" | while read -r route_line; do
    printf '%s\n' "$route_old" | grep -Fqx -e "$route_line" && continue
    # shellcheck disable=SC2086
    ip "$route_family" route del $route_line 2>/dev/null || :
  done
  printf '%s\n' "$route_old" | while read -r route_line; do
    # shellcheck disable=SC2086
    [ -z "$route_line" ] || ip "$route_family" route replace $route_line 2>/dev/null || :
  done
}
