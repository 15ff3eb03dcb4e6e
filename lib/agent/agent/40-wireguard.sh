# WireGuard without dropping a tunnel: `wg syncconf` with the private key always in the file, since a file without
# it erases the device's key. networkd never sees these devices: its reload drops peers.

wireguard_ensure() { # DEV
  link_exists "$1" && return 0
  ip link add dev "$1" type wireguard 2>/dev/null && return 0
  has wireguard-go || { problem "$1: this kernel has no WireGuard and wireguard-go is not installed"; return 1; }
  # Its own session, and without our lock, which it would keep for as long as it lives.
  setsid wireguard-go "$1" >/dev/null 2>&1 </dev/null 9>&-
  wireguard_wait=0
  until link_exists "$1" && wg show "$1" >/dev/null 2>&1; do
    wireguard_wait=$((wireguard_wait + 1))
    [ "$wireguard_wait" -le 50 ] || { problem "$1: wireguard-go did not start"; return 1; }
    sleep 0.1 2>/dev/null || sleep 1
  done
}

key_file() { say "$STATE/keys/$1"; }

make_key() { # SLOT
  valid_id "$1"
  ensure_directories
  require_wg
  [ ! -s "$(key_file "$1")" ] || { say "kept $(wg pubkey <"$(key_file "$1")")"; return; }
  wg genkey >"$(key_file "$1").new" || die "wg genkey failed"
  mv -f "$(key_file "$1").new" "$(key_file "$1")"
  say "made $(wg pubkey <"$(key_file "$1")")"
}

put_key() { # SLOT, private key on stdin
  valid_id "$1"
  ensure_directories
  require_wg
  cat >"$(key_file "$1").new"
  public=$(wg pubkey <"$(key_file "$1").new") || { rm -f "$(key_file "$1").new"; die "slot $1: not a WireGuard private key"; }
  mv -f "$(key_file "$1").new" "$(key_file "$1")"
  say "kept $public"
}

# peer_table ID NAME OWN: the filled table of a generation, without the entry of OWN.
peer_table() {
  awk -v own="$3" '
    function flush() { if (section != "" && key != own) printf "%s", section; section = ""; key = "" }
    /^[ \t]*\[/ { flush() }
    { line = $0; sub(/#.*/, "", line) }
    line ~ /^[ \t]*[Pp]ublic[Kk]ey[ \t]*=/ { key = line; sub(/^[^=]*=[ \t]*/, "", key); sub(/[ \t]+$/, "", key) }
    { section = section $0 "\n" }
    END { flush() }' "$STATE/gen/$1/filled/$2"
}

wireguard_apply() { # ID DEV PORT MTU TABLE SLOT ADDRESSES FWMARK [LOCAL]
  [ -s "$(key_file "$6")" ] || { problem "$2: there is no private key $6 on this host"; return 1; }
  [ -f "$STATE/gen/$1/filled/$5" ] || { problem "$2: the peer table $5 has not been filled"; return 1; }
  wireguard_ensure "$2" || return 1
  wireguard_config=$RUN/wg.$2.conf
  {
    printf '[Interface]\nPrivateKey = %s\nListenPort = %s\n' "$(cat "$(key_file "$6")")" "$3"
    [ "$8" = - ] || printf 'FwMark = %s\n' "$8"
    peer_table "$1" "$5" "$(wg pubkey <"$(key_file "$6")")" | without_names
  } >"$wireguard_config"
  wg syncconf "$2" "$wireguard_config" 2>"$RUN/wg.error" || problem "$2: wg syncconf: $(read_line "$RUN/wg.error")"
  rm -f "$wireguard_config" "$RUN/wg.error"
  [ "$4" = - ] || mtu_set "$2" "$4" || problem "$2: MTU $4 was refused"
  addresses_set "$2" "$7" || problem "$2: addresses $7 were refused"
  link_set "$2" up || problem "$2: cannot be set up"
  # Going up, the kernel's device turns redirects off on the whole host, after the plan's own values were set.
  plan_lines "$1" sysctl | while IFS=$TAB read -r _ key value; do
    case $key in *send_redirects) sysctl_set "$key" "$value" || problem "sysctl $key: the kernel refused '$value'" ;; esac
  done
  wireguard_routes "$2" "${9:-}"
}
