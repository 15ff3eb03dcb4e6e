# A device of the plan that somebody else made, or makes at every boot. It is never taken over unless the stack says so.

# tunnel_managers DEV: what on this host sets the device up, one a line.
tunnel_managers() {
  if systemd; then
    for unit in "wg-quick@$1.service" "wg-quick-$1.service" "wireguard-$1.service"; do
      ! { systemctl -q is-active "$unit" || systemctl -q is-enabled "$unit"; } 2>/dev/null || say "$unit"
    done
  fi
  for directory in etc run usr/lib; do
    grep -ls "^Name=$1\$" "$ROOT/$directory/systemd/network"/*.netdev
  done
  grep -ls "^interface-name=$1\$" "$ROOT/etc/NetworkManager/system-connections"/* "$ROOT/run/NetworkManager/system-connections"/*
  grep -Els "^[[:space:]]*iface[[:space:]]+$1[[:space:]]" "$ROOT/etc/network/interfaces" "$ROOT/etc/network/interfaces.d"/*
}

# Ours is what a generation of ours has, what we wrote down before we touched it, and what runs with our key.
tunnel_is_ours() { # DEV SLOT
  { plan_lines "$(committed_id)" wireguard; plan_lines "$(active_id)" wireguard; } | cut -f 2 | grep -Fqx -e "$1" && return 0
  grep -qs "^wireguard$TAB$1$TAB" "$STATE/original/live" && return 0
  [ -s "$(key_file "$2")" ] && [ "$(wg show "$1" public-key 2>/dev/null)" = "$(wg pubkey <"$(key_file "$2")")" ]
}

# refuse_foreign_tunnels ID: ends here when a device of the plan is somebody else's.
refuse_foreign_tunnels() {
  foreign=$(plan_lines "$1" wireguard | while IFS=$TAB read -r _ dev _ _ _ slot _; do
    managers=$(tunnel_managers "$dev")
    { link_exists "$dev" || [ -n "$managers" ]; } && ! tunnel_is_ours "$dev" "$slot" && describe_foreign "$1" "$dev" "$managers"
  done)
  [ -z "$foreign" ] || die "$foreign"
}

describe_foreign() { # ID DEV MANAGERS
  foreign_by=$(printf '%s\n' "$3" | tr '\n' ' ' | sed 's/ $//; s/ /, /g')
  foreign_what="is set up by $foreign_by"
  if link_exists "$2"; then
    if foreign_key=$(wg show "$2" public-key 2>/dev/null); then
      foreign_what="exists and is not Netloom's: public key $foreign_key, port $(wg show "$2" listen-port), peers: $(wg show "$2" peers | wc -l), set up by ${foreign_by:-nobody that is known (made by hand?)}"
    else
      say "$2 exists on this host and is not a WireGuard device${NL}do: give the mesh another device, for example device: \"netloom-wg\""
      return
    fi
  fi
  if plan_lines "$1" adopt | cut -f 2 | grep -Fqx -e "$2"; then
    foreign_rest=$(printf '%s\n' "$3" | grep -Fvx -e "wg-quick@$2.service")
    [ -z "$foreign_rest" ] || say "$2 cannot be adopted: it $foreign_what${NL}do: remove it from $(printf '%s' "$foreign_rest" | tr '\n' ' ') first, or give the mesh another device and port"
    return
  fi
  say "$2 $foreign_what. Its key would be replaced and its peers dropped.${NL}do: give the mesh another device and port, for example device: \"netloom-wg\", port: 51821; or replace this one with adopt: true"
}

# Adopted: wg-quick takes its device down itself, with all that its hooks did, and leaves it to us at the next boot.
apply_adopt() { # ID DEV
  claim_state "wg-quick@$2.service" | grep -q 'enabled\| active' || return 0
  systemctl -q disable "wg-quick@$2.service" 2>"$RUN/error" || problem "wg-quick@$2.service cannot be disabled: $(read_line "$RUN/error")"
  timeout 30 systemctl stop "wg-quick@$2.service" 2>"$RUN/error" || problem "wg-quick@$2.service cannot be stopped: $(read_line "$RUN/error")"
}

# claim_state UNIT: "enabled active", "disabled inactive" …
claim_state() {
  systemd || return 0
  printf '%s %s\n' "$(systemctl is-enabled "$1" 2>/dev/null)" "$(systemctl is-active "$1" 2>/dev/null)"
}
claim_restore() { # UNIT STATE
  systemd && [ "$(claim_state "$1")" != "$2" ] || return 0
  case $2 in enabled*) systemctl -q enable "$1" 2>/dev/null || warning "$1: cannot be enabled again" ;; esac
  case $2 in *' active') systemctl -q is-active "$1" || {
    claim_device=${1#wg-quick@}
    ip link del "${claim_device%.service}" 2>/dev/null
    timeout 30 systemctl start "$1" 2>/dev/null || warning "$1: cannot be started again"
  } ;; esac
}
