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

wireguard_apply() { # ID DEV PORT MTU TABLE SLOT ADDRESSES FWMARK
  [ -s "$(key_file "$6")" ] || { problem "$2: there is no private key $6 on this host"; return 1; }
  [ -f "$STATE/gen/$1/filled/$5" ] || { problem "$2: the peer table $5 has not been filled"; return 1; }
  wireguard_ensure "$2" || return 1
  wireguard_config=$RUN/wg.$2.conf
  {
    printf '[Interface]\nPrivateKey = %s\nListenPort = %s\n' "$(cat "$(key_file "$6")")" "$3"
    [ "$8" = - ] || printf 'FwMark = %s\n' "$8"
    peer_table "$1" "$5" "$(wg pubkey <"$(key_file "$6")")"
  } >"$wireguard_config"
  wg syncconf "$2" "$wireguard_config" 2>"$RUN/wg.error" || problem "$2: wg syncconf: $(read_line "$RUN/wg.error")"
  rm -f "$wireguard_config" "$RUN/wg.error"
  [ "$4" = - ] || mtu_set "$2" "$4" || problem "$2: MTU $4 was refused"
  addresses_set "$2" "$7" || problem "$2: addresses $7 were refused"
  link_set "$2" up || problem "$2: cannot be set up"
  wireguard_routes "$2"
}

# Routes for AllowedIPs carry their own protocol number, so that none but ours is ever removed. What the device's own
# prefix covers needs none; what another device leads to already stays there (a spoke shares its table with spokes that
# reach the network behind it through the tunnel); a default route (/0) would cut off the tunnel's own packets, so it is left to `route` lines.
WIREGUARD_PROTOCOL=186
wireguard_routes() { # DEV
  {
    addresses_get "$1" | sed 's/^/own /'
    wg show "$1" allowed-ips | cut -f 2- | tr '\t' ' ' | tr ' ' '\n' | sed '/^$/d; /(none)/d; s/^/want /'
    for family in 4 6; do
      ip -$family route show 2>/dev/null | awk -v dev="$1" '{ for (i = 2; i < NF; i++) if ($i == "dev" && $(i + 1) != dev) print "taken " $1 }'
    done
    ip -4 route show dev "$1" proto $WIREGUARD_PROTOCOL 2>/dev/null | awk '{ print "have4 " $1 }'
    ip -6 route show dev "$1" proto $WIREGUARD_PROTOCOL 2>/dev/null | awk '{ print "have6 " $1 }'
  } | awk -v dev="$1" -v protocol=$WIREGUARD_PROTOCOL '
    # An address as 8 or 32 hexadecimal digits, so that one comparison serves both families.
    function nibbles(a,   p, n, i, j, out, head, tail, hn, tn, g) {
      if (index(a, ":") == 0) { split(a, p, "."); return sprintf("%02x%02x%02x%02x", p[1], p[2], p[3], p[4]) }
      i = index(a, "::"); out = ""
      if (i > 0) { head = substr(a, 1, i - 1); tail = substr(a, i + 2) } else { head = a; tail = "" }
      hn = split(head, p, ":"); for (j = 1; j <= hn; j++) out = out substr("0000" p[j], length(p[j]) + 1)
      tn = split(tail, g, ":"); n = 8 - hn - tn
      for (j = 1; i > 0 && j <= n; j++) out = out "0000"
      for (j = 1; j <= tn; j++) out = out substr("0000" g[j], length(g[j]) + 1)
      return out
    }
    function digit(c) { return index("0123456789abcdef", c) - 1 }
    function covers(net, bits, addr,   whole, rest, d) {
      if (length(net) != length(addr)) return 0
      whole = int(bits / 4); rest = bits % 4
      if (substr(net, 1, whole) != substr(addr, 1, whole)) return 0
      if (rest == 0) return 1
      d = 2 ^ (4 - rest)
      return int(digit(substr(net, whole + 1, 1)) / d) == int(digit(substr(addr, whole + 1, 1)) / d)
    }
    function canonical(cidr) { sub(/\/32$/, "", cidr); if (index(cidr, ":")) sub(/\/128$/, "", cidr); return cidr }
    $1 == "own" { split($2, p, "/"); own[++owns] = nibbles(p[1]); width[owns] = p[2] + 0; next }
    $1 == "want" {
      split($2, p, "/"); hex = nibbles(p[1]); bits = p[2] + 0; if (bits == 0) next
      for (i = 1; i <= owns; i++) if (bits >= width[i] && covers(own[i], width[i], hex)) next
      want[canonical($2)] = 1; next
    }
    $1 == "taken" { taken[canonical($2)] = 1; next }
    { have[canonical($2)] = 1 }
    END {
      for (r in want) if (!(r in have) && !(r in taken)) print (index(r, ":") ? 6 : 4) " replace " r
      for (r in have) if (!(r in want)) print (index(r, ":") ? 6 : 4) " del " r
    }' | sort >"$RUN/wg.routes"
  for family in 4 6; do
    awk -v family=$family -v dev="$1" -v protocol=$WIREGUARD_PROTOCOL \
      '$1 == family { print "route " $2 " " $3 " dev " dev " proto " protocol }' "$RUN/wg.routes" >"$RUN/wg.batch"
    [ ! -s "$RUN/wg.batch" ] || ip -$family -batch "$RUN/wg.batch" || problem "$1: routes for AllowedIPs were refused"
  done
  rm -f "$RUN/wg.routes" "$RUN/wg.batch"
}
