# Checks that need nobody else.

check_sysctl() { # KEY VALUE
  sysctl_found=$(sysctl_get "$1") || sysctl_found='this kernel does not have this key'
  compare "$1" "$(printf '%s' "$2" | fold)" "$sysctl_found"
}

check_module() { # NAME
  if module_loaded "$1"; then compare "$1" loaded loaded; else compare "$1" loaded 'not loaded'; fi
}

# with_link SEL: sets `link`, or fails the check.
with_link() {
  link=$(link_of "$1") && return 0
  check_wanted=${check_wanted:-$1}
  record fail "no link answers to $1"
  return 1
}

check_mtu() { # SEL VALUE
  check_what="MTU of $1" check_wanted=$2
  with_link "$1" && compare "MTU of $link" "$2" "$(mtu_get "$link")"
}

check_ethtool() { # SEL FLAG NAME VALUE
  check_what="ethtool -$2 $3 of $1" check_wanted=$4
  with_link "$1" || return 0
  command -v ethtool >/dev/null 2>&1 || { record fail 'ethtool is not installed'; return 0; }
  compare "ethtool -$2 $3 of $link" "$4" "$(ethtool_get "$link" "$2" "$3")"
}

check_address() { # SEL CIDR
  check_what="address of $1" check_wanted=$2
  with_link "$1" || return 0
  found_addresses=$(addresses_get "$link")
  printf '%s\n' "$found_addresses" | grep -Fqx -e "$2"
  verdict $? "address of $link" "$2" "$(printf '%s' "$found_addresses" | fold)"
}

# A route may be there and yet be passed over, for the metric of another one or for a rule: REACHED is an address behind it.
check_route() { # SEL DEST VIA OPTIONS REACHED
  check_what="route to $2" check_wanted="${3#-} dev $1 $4"
  with_link "$1" || return 0
  wanted_route="dev $link"
  [ "$3" = - ] || wanted_route="via $3 $wanted_route"
  found_routes=$(routes_to "$2" "$3")
  printf '%s\n' "$found_routes" | route_matches "$wanted_route" "$4"
  found_status=$?
  if [ "$found_status" -eq 0 ] && [ "${5:--}" != - ]; then
    found_routes="packets to $5 take: $(route_taken "$5")"
    # What is taken shows no metric in IPv4.
    printf '%s\n' "$found_routes" | route_matches "$wanted_route" "$(printf '%s' "$4" | sed 's/ *metric [0-9]*$//')"
    found_status=$?
  fi
  verdict "$found_status" "route to $2" "$wanted_route $4" "$(printf '%s' "$found_routes" | fold)"
}

# Whoever else manages the port sets it up in another way at the next boot.
check_manager() { # SEL
  check_what="manager of $1" check_wanted='nobody but Netloom'
  with_link "$1" || return 0
  found_manager=$(port_manager "$link")
  case $found_manager in
  '') verdict 0 "manager of $link" 'nobody but Netloom' 'nobody else' ;;
  ifupdown) verdict 0 "manager of $link" 'nobody but Netloom' 'ifupdown as well, before Netloom' ;;
  systemd-networkd) verdict 1 "manager of $link" 'nobody but Netloom' "systemd-networkd, by $(networkd_file "$link")" ;;
  *) verdict 1 "manager of $link" 'nobody but Netloom' "$found_manager" ;;
  esac
}

# Compared with what the host had when the change was armed.
check_default_route() {
  check_what='default routes and name servers' check_wanted='as before the change'
  [ -s "${NETLOOM_ROOT:-}/var/lib/netloom/defaults" ] || { record skip 'not run: this host had none, or the stack sets them'; return 0; }
  found_lost=$(while read -r found_kind found_family found_device; do
    case $found_kind in
    default) default_devices "$found_family" | grep -Fqx -e "$found_device" || echo "no default route (${found_family#-}) through $found_device" ;;
    dns) dns_devices | grep -Fqx -e "$found_device" || echo "no name servers for $found_device" ;;
    esac
  done <"${NETLOOM_ROOT:-}/var/lib/netloom/defaults")
  [ -z "$found_lost" ]
  verdict $? "$check_what" "$check_wanted" "${found_lost:-as before}"
}

check_congestion() { # ADDRESS NAME
  found_taken=$(route_taken "$1")
  case " $found_taken " in
  *' congctl '*) found_congestion=$(printf '%s\n' "$found_taken" | sed 's/.* congctl \([^ ]*\).*/\1/') ;;
  *' dev '*) found_congestion=$(sysctl_get net.ipv4.tcp_congestion_control) ;;
  *) found_congestion=$found_taken ;;
  esac
  compare "congestion control of new connections to $1" "$2" "$found_congestion"
}

check_file() { # PATH SHA256 MODE
  found_file=${NETLOOM_ROOT:-}$1
  # Where there is a systemd, units are linked below /run, so that an unconfirmed one does not survive a reboot.
  case ${NETLOOM_STATIC:-0}:$1 in 0:/etc/systemd/system/*)
    found_unit=${NETLOOM_ROOT:-}/run/systemd/system/${1#/etc/systemd/system/}
    [ ! -e "$found_unit" ] || found_file=$found_unit
    ;;
  esac
  check_what=$1 check_wanted="sha256 $2"
  [ -f "$found_file" ] || { record fail 'no such file'; return 0; }
  found_sum=$(sha256_of "$found_file")
  [ "$3" = - ] || [ "$found_sum" != "$2" ] || {
    [ -n "$(find -L "$found_file" -prune -perm "$3")" ]
    verdict $? "$1" "sha256 $2, mode $3" "sha256 $found_sum, $(find -L "$found_file" -prune -exec ls -ldL {} + | cut -c 1-10)"
    return 0
  }
  compare "$1" "sha256 $2" "sha256 $found_sum"
}

# check_files: every file that the generation of this script installs, as its manifest says; one result each.
check_files() {
  case $0 in */*) files_manifest=${0%/*}/manifest ;; *) files_manifest=manifest ;; esac
  check_kind=file check_what=$files_manifest check_wanted='a manifest that names the installed files'
  [ -r "$files_manifest" ] || { record fail 'no such file'; return 0; }
  files_number=$checks_number
  while read -r files_sum files_mode files_install files_path; do
    case $files_install:$files_path in link:root/* | copy:root/*) ;; *) continue ;; esac
    checks_number=$((checks_number + 1))
    check_file "${files_path#root}" "$files_sum" "$files_mode"
  done <"$files_manifest"
  [ "$checks_number" -gt "$files_number" ] || record fail 'it names none'
}

check_service() { # UNIT
  command -v systemctl >/dev/null 2>&1 || { check_what=$1 check_wanted=active; record fail 'there is no systemctl'; return 0; }
  compare "$1" active "$(systemctl is-active "$1" 2>&1)"
}

check_nft() { # TABLE
  # shellcheck disable=SC2086 # family and name are two words
  if found_table=$(nft list table $1 2>&1); then compare "table $1" present present; else compare "table $1" present "${found_table%%
*}"; fi
}

check_command() { # TITLE REGEX SCRIPT
  found_output=$(sh -c "$3" 2>&1)
  found_status=$?
  check_what=$1 check_wanted="output that matches $2"
  [ "$2" != - ] || check_wanted='exit status 0'
  found_end=$(printf '%s' "$found_output" | tail -n 3 | cut -c 1-300)
  if [ "$found_status" -eq 77 ]; then
    record skip "not run: $found_end"
  elif [ "$found_status" -ne 0 ]; then
    record fail "exit status $found_status: $found_end"
  elif [ "$2" = - ] || printf '%s\n' "$found_output" | grep -Eqx -e "$2"; then
    record ok "$found_end"
  else
    record fail "$found_end"
  fi
}
