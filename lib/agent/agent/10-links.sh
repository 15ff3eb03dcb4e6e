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

# qdisc_restore DEV "KIND HANDLE ARGS", as qdisc_get printed it.
qdisc_restore() {
  [ "$(qdisc_get "$1")" = "$2" ] && return 0
  # shellcheck disable=SC2086 # words as tc printed them
  set -- "$1" $2
  restore_dev=$1 restore_kind=${2:-noqueue} restore_handle=${3:-0:}
  [ $# -lt 3 ] || shift 3
  case $restore_handle:$restore_kind in
  0::* | *:noqueue)
    tc qdisc del dev "$restore_dev" root 2>/dev/null || :
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
