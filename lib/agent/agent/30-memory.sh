# What a thing was before we touched it. Two books of the same form, KIND TAB KEY TAB VALUE:
# original/live (on disk, written the first time a generation names a thing) and snapshot/live (at each arm).

# keys_of ID: every live thing that a generation sets, as KIND TAB KEY. Links are named as they are called now.
keys_of() {
  [ -f "$STATE/gen/$1/plan" ] || return 0
  { plan_keys "$1"; port_files "$1" | sed "s/^/network$TAB/"; } | sort -u
}
plan_keys() { # ID
  while IFS=$TAB read -r kind a b c _; do
    case $kind in
    sysctl) printf 'sysctl\t%s\n' "$a"; companions_of "$a" ;;
    module) printf 'module\t%s\n' "$a" ;;
    unit) printf 'unit\t%s\n' "$a" ;;
    nft) printf 'nft\t%s\n' "$a" ;;
    # The kernel's device turns send_redirects off for the whole host when it goes up (drivers/net/wireguard/device.c, wg_open).
    wireguard)
      printf '%s\t%s\n' wireguard "$a" state "$a" mtu "$a" addresses "$a" tunnel-routes "$a" claim "wg-quick@$a.service" sysctl net.ipv4.conf.all.send_redirects
      ;;
    link | ethtool | addresses | route | qdisc)
      name=$(link_of "$a") || { case $a in name=*) name=${a#name=} ;; *) continue ;; esac; }
      case $kind in
      link) case $b in mtu) printf 'mtu\t%s\n' "$name" ;; up) printf '%s\t%s\n' state "$name" port-keys "$name" ;; esac ;;
      ethtool) printf 'ethtool\t%s %s %s\n' "$name" "$b" "$c" ;;
      addresses) printf '%s\t%s\n' addresses "$name" claims "$name" port-keys "$name" ;;
      qdisc) printf 'qdisc\t%s\n' "$name" ;;
      route) printf 'route\t%s\n' "$b" ;;
      esac
      ;;
    esac
  done <"$STATE/gen/$1/plan"
}

# Keys that the kernel changes along with KEY: forwarding is also a key of each device, and turns redirects round
# (net/ipv4/devinet.c, inet_forward_change).
companions_of() {
  case $1 in
  net.ipv4.ip_forward | net.ipv4.conf.all.forwarding) printf 'sysctl\tnet.ipv4.conf.all.accept_redirects\nforwarding\tipv4\n' ;;
  net.ipv6.conf.all.forwarding) printf 'forwarding\tipv6\n' ;;
  esac
}

# observe BOOK-DIRECTORY KIND KEY: the value now; secrets and long texts go to files beside the book.
observe() {
  case $2 in
  sysctl) sysctl_get "$3" ;;
  module) if module_loaded "$3"; then say loaded; else say absent; fi ;;
  mtu) mtu_get "$3" ;;
  state) link_state "$3" ;;
  addresses) link_exists "$3" && addresses_get "$3" | tr '\n' ',' ;;
  tunnel-routes) device_routes "$3" | tr '\n' '|' ;;
  claim) claim_state "$3" ;;
  claims) claims_of "$3" ;;
  port-keys) port_keys "$3" ;;
  forwarding) forwarding_keys "$3" ;;
  network) network_original "$3" ;;
  qdisc) qdisc_state "$3" ;;
  route) routes_to "$3" "" | tr '\n' '|' ;;
  ethtool)
    # shellcheck disable=SC2086
    set -- $3
    ethtool_get "$1" "$(printf %s "$2" | tr GLCKA glcka)" "$3"
    ;;
  unit) if systemd && systemctl -q is-active "$3"; then say active; else say inactive; fi ;;
  nft)
    nft list table "$3" >"$1/nft.$(printf %s "$3" | tr ' ' .)" 2>/dev/null && { say present; return; }
    rm -f "$1/nft.$(printf %s "$3" | tr ' ' .)"
    say absent
    ;;
  wireguard)
    if link_exists "$3" && wg showconf "$3" >"$1/wg.$3" 2>/dev/null; then say present; else rm -f "$1/wg.$3"; say absent; fi
    ;;
  esac
}

# What a damaged book said. Our own values stand there by now, so theirs are not known any more.
LOST='?lost'
lost_lines() {
  { keys_of "$(committed_id)"; keys_of "$(active_id)"; } | sort -u | while IFS=$TAB read -r kind key; do printf '%s\t%s\t%s\n' "$kind" "$key" "$LOST"; done
}
# book_lines BOOK-DIRECTORY: KIND TAB KEY TAB VALUE, and the SHA-256 of a file beside the book where the value is there.
book_lines() {
  if record_good "$1/live"; then record_lines "$1/live"; elif [ -e "$1/live" ] || [ "$1" = "$STATE/original" ]; then lost_lines; fi
}

# remember BOOK-DIRECTORY: writes down each KIND TAB KEY on stdin that the book does not have yet; all or, on a full disk, none.
remember() {
  book_lines "$1" >"$1/live.lines" || return 1
  awk -F "$TAB" 'FILENAME == ARGV[1] { have[$1 "\t" $2] = 1; next } !(($1 "\t" $2) in have)' "$1/live.lines" - >"$1/live.keys" || return 1
  while IFS=$TAB read -r kind key; do
    value=$(observe "$1" "$kind" "$key" </dev/null)
    # A link that is not there yet (our own WireGuard device) has nothing to remember.
    case $kind in mtu | state | qdisc | addresses | tunnel-routes | claims | port-keys) link_exists "$key" || continue ;; esac
    book_file=$(file_beside "$1" "$kind" "$key")
    [ "$value" != present ] || [ -z "$book_file" ] || value=$value$TAB$(sha256_of "$book_file")
    printf '%s\t%s\t%s\n' "$kind" "$key" "$value" >>"$1/live.lines" || return 1
  done <"$1/live.keys"
  write_record "$1/live" <"$1/live.lines" && rm -f "$1/live.lines" "$1/live.keys"
}
file_beside() { # BOOK-DIRECTORY KIND KEY
  case $2 in nft) say "$1/nft.$(printf %s "$3" | tr ' ' .)" ;; wireguard) say "$1/wg.$3" ;; esac
}

# return_line BOOK-DIRECTORY KIND KEY VALUE SUM: puts back what can be, and says what cannot.
return_line() {
  case $2 in mtu | state | qdisc | addresses | tunnel-routes | ethtool | claims | port-keys) link_exists "${3%% *}" || return 0 ;; esac
  return_value=$4
  if [ "$4" = "$LOST" ]; then
    # Ours by all likelihood: nobody wants it to outlive us.
    case $2 in wireguard | nft) return_value=absent ;; esac
    not_restored "$2 $3 (what it was is not known: $1/live was damaged)"
    [ "$return_value" = absent ] || return 0
  elif [ -n "${5:-}" ] && [ "$(sha256_of "$(file_beside "$1" "$2" "$3")" 2>/dev/null)" != "$5" ]; then
    not_restored "$2 $3 (its saved copy is damaged)"
    return 0
  fi
  put_back "$1" "$2" "$3" "$return_value"
}
return_lines() { # BOOK-DIRECTORY, lines on stdin
  in_order_of_return >"$RUN/return.list"
  while IFS=$TAB read -r kind key value sum; do return_line "$1" "$kind" "$key" "$value" "$sum" </dev/null; done <"$RUN/return.list"
  rm -f "$RUN/return.list"
}

# original_value KIND KEY
original_value() {
  [ ! -f "$STATE/original/live" ] || awk -F "$TAB" -v kind="$1" -v key="$2" '$1 == kind && $2 == key { print $3; exit }' "$STATE/original/live"
}

# put_back BOOK-DIRECTORY KIND KEY VALUE
put_back() {
  case $2 in
  sysctl)
    sysctl_set "$3" "$4"
    case $? in 0 | 2) ;; *) warning "sysctl $3: cannot be put back to '$4'" ;; esac
    ;;
  module) [ "$4" = loaded ] || modprobe -r "$3" 2>/dev/null || ! module_loaded "$3" || printf '%s\n' "$3" >>"$RUN/modules-left" ;;
  mtu) ! link_exists "$3" || mtu_set "$3" "$4" || warning "$3: MTU cannot be put back to $4" ;;
  state) ! link_exists "$3" || link_set "$3" "$4" || warning "$3: cannot be set $4 again" ;;
  addresses) ! link_exists "$3" || addresses_set "$3" "$4" || warning "$3: addresses cannot be put back to $4" ;;
  claims) ! link_exists "$3" || claims_restore "$3" "$4" ;;
  port-keys | forwarding) for back_pair in $4; do sysctl_set "${back_pair%%=*}" "${back_pair#*=}"; done ;;
  qdisc) ! link_exists "$3" || qdisc_restore "$3" "$4" || warning "$3: qdisc cannot be put back to $4" ;;
  route) routes_restore "$3" "$4" ;;
  tunnel-routes) ! link_exists "$3" || device_routes_restore "$3" "$4" ;;
  claim) claim_restore "$3" "$4" ;;
  ethtool)
    back_value=$4
    # shellcheck disable=SC2086
    set -- $3
    [ -z "$back_value" ] || [ "$(ethtool_get "$1" "$(printf %s "$2" | tr GLCKA glcka)" "$3")" = "$back_value" ] ||
      ethtool "-$2" "$1" "$3" "$back_value" 2>/dev/null || warning "$1: ethtool -$2 $3 cannot be put back to $back_value"
    ;;
  unit)
    systemd || return 0
    [ "$4" = active ] || systemctl stop --no-block "$3" 2>/dev/null || :
    ;;
  nft)
    back_file=$1/nft.$(printf %s "$3" | tr ' ' .)
    if [ "$4" = present ]; then nft_replace "$3" "$back_file" || warning "nft table $3: cannot be put back"; else nft_delete "$3"; fi
    ;;
  wireguard)
    if [ "$4" = present ]; then
      { wireguard_ensure "$3" && wg syncconf "$3" "$1/wg.$3"; } || warning "$3: cannot be put back"
      # Written down by a version that did not keep its routes.
      grep -q "^tunnel-routes$TAB$3$TAB" "$1/live" || wireguard_routes "$3"
    else
      ! link_exists "$3" || ip link del "$3" || warning "$3: cannot be removed"
    fi
    ;;
  esac
}

# Services and devices first, then what stands on links, then links, then the kernel's own values, and at last who else looks
# after a port. The default qdisc comes before qdiscs, since the kernel attaches it where one is deleted; a key that
# changes others comes before them.
in_order_of_return() {
  awk -F "$TAB" 'BEGIN { n = split("unit nft claim wireguard first state mtu addresses tunnel-routes route qdisc ethtool sysctl forwarding port-keys module claims", kinds, " "); for (i = 1; i <= n; i++) rank[kinds[i]] = i }
    { kind = $1; if ($2 ~ /^net\.(core\.default_qdisc|ipv4\.ip_forward|ipv[46]\.conf\.all\.forwarding)$/) kind = "first"; printf "%02d\t%s\n", rank[kind], $0 }' | sort -s -k 1,1 | cut -f 2-
}

# restore_snapshot: everything becomes as it was when the change was armed.
restore_snapshot() {
  record_good "$RUN/snapshot/live" || { not_restored "live values from before the change ($RUN/snapshot/live was damaged): the committed generation is in force instead"; return 0; }
  record_lines "$RUN/snapshot/live" | return_lines "$RUN/snapshot"
}

# restore_unnamed ID: what we once touched and this generation does not name is put back.
restore_unnamed() {
  keys_of "$1" >"$RUN/keys.named"
  book_lines "$STATE/original" | awk -F "$TAB" 'FILENAME == ARGV[1] { named[$1 "\t" $2] = 1; next } !(($1 "\t" $2) in named)' "$RUN/keys.named" - |
    return_lines "$STATE/original"
  rm -f "$RUN/keys.named"
}
# The book loses those entries only when the generation is confirmed: until then a revert may need them.
forget_unnamed() { # ID, of an intact generation
  record_good "$STATE/original/live" || return 0
  keys_of "$1" >"$RUN/keys.named"
  record_lines "$STATE/original/live" |
    awk -F "$TAB" 'FILENAME == ARGV[1] { named[$1 "\t" $2] = 1; next } ($1 "\t" $2) in named' "$RUN/keys.named" - >"$RUN/keys.left" &&
    write_record "$STATE/original/live" <"$RUN/keys.left"
  rm -f "$RUN/keys.named" "$RUN/keys.left"
}

# forget_rest ID: what this generation does not name is no longer remembered. A damaged one names nothing, and what is
# forgotten once is taken from our own values the next time.
forget_rest() {
  intact "$1" || return 0
  ! live || forget_unnamed "$1"
  forget_files "$1"
}
