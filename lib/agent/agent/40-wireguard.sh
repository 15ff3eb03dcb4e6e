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
  key_new=$(mktemp "$(key_file "$1").XXXXXX") || die "cannot write in $STATE/keys"
  { wg genkey >"$key_new" && { sync "$key_new" 2>/dev/null || sync; }; } || { rm -f "$key_new" && die "wg genkey failed"; }
  # Of two that make it at once, one does: a link to a name that is taken fails.
  key_how=kept
  ! ln "$key_new" "$(key_file "$1")" 2>/dev/null || key_how=made
  rm -f "$key_new"
  public=$(public_key "$1") || exit 1
  say "$key_how $public"
}
# One that is damaged is never replaced: peers know its public key, and the file may be in a backup.
public_key() { # SLOT
  wg pubkey <"$(key_file "$1")" 2>/dev/null ||
    die "the private key $(key_file "$1") is damaged${NL}do: restore it from a backup; or remove it to have a new key made, and remove this member's \"key\" from the lock file"
}

put_key() { # SLOT, private key on stdin
  valid_id "$1"
  ensure_directories
  require_wg
  key_new=$(mktemp "$(key_file "$1").XXXXXX") || die "cannot write in $STATE/keys"
  cat >"$key_new"
  public=$(wg pubkey <"$key_new") || { rm -f "$key_new"; die "slot $1: not a WireGuard private key"; }
  sync "$key_new" 2>/dev/null || sync
  mv -f "$key_new" "$(key_file "$1")" || die "$(key_file "$1") cannot be written"
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
