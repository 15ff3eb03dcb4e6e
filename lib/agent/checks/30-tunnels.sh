# Checks of WireGuard devices. What a peer should be is read from the peer table of the generation that this script belongs
# to, what it is from the device: a device that lost its peers must not pass because it has none.

check_wireguard() { # DEV PORT MTU
  check_what=$1 check_wanted="listens on $2, MTU $3"
  found_port=$(wg show "$1" listen-port 2>&1) || { record fail "$found_port"; return 0; }
  found_mtu=$(mtu_get "$1")
  [ "$3" != - ] || found_mtu=-
  compare "$1" "listens on $2, MTU $3" "listens on $found_port, MTU $found_mtu"
}

# table_of DEV: "KEY ENDPOINT" for each peer of the device's table, "-" for one that calls first.
table_of() {
  table_directory=.
  case $0 in */*) table_directory=${0%/*} ;; esac
  table_file=$(awk -F "$(printf '\t')" -v dev="$1" '$1 == "wireguard" && $2 == dev { print $5; exit }' "$table_directory/plan" 2>/dev/null)
  [ -n "$table_file" ] && [ -r "$table_directory/filled/$table_file" ] || return 0
  awk -v own="$(wg show "$1" public-key 2>/dev/null)" '
    function flush() { if (key != "" && key != own) print key, endpoint; key = ""; endpoint = "-" }
    /^[ \t]*\[/ { flush() }
    { line = $0; sub(/#.*/, "", line); value = line; sub(/^[^=]*=[ \t]*/, "", value); sub(/[ \t]+$/, "", value) }
    line ~ /^[ \t]*[Pp]ublic[Kk]ey[ \t]*=/ { key = value }
    line ~ /^[ \t]*[Ee]ndpoint[ \t]*=/ { endpoint = value }
    END { flush() }' "$table_directory/filled/$table_file"
}

# handshake_peers DEV: PEER TIME counts|calls|later ENDPOINT. A peer counts when its table gives it an endpoint, or when it
# has been heard; one of a later wave only then. PEER that the device does not have: time 0 and counts.
handshake_peers() {
  {
    table_of "$1" | sed 's/^/table /'
    wg show "$1" endpoints | sed 's/^/endpoint /'
    wg show "$1" latest-handshakes | sed 's/^/handshake /'
  } | awk -v later=" ${NETLOOM_LATER:-} " '
    $1 == "table" { wanted[$2] = $3; peer[$2] = 1; next }
    $1 == "endpoint" { endpoint[$2] = $3; peer[$2] = 1; next }
    { time[$2] = $3 }
    END {
      for (key in peer) {
        state = "counts"
        if (!(key in endpoint)) detail = "not on the device"
        else if (endpoint[key] != "(none)") detail = endpoint[key]
        else if (key in wanted && wanted[key] != "-") detail = wanted[key] " does not resolve"
        else { detail = "calls first"; if (time[key] + 0 == 0) state = "calls" }
        if (time[key] + 0 == 0 && index(later, " " key " ")) state = "later"
        print key, time[key] + 0, state, detail
      }
    }' | sort
}
handshake_stale() { # DEV MAXAGE
  handshake_peers "$1" | awk -v now="$(date +%s)" -v age="$2" '$3 == "counts" && now - $2 > age'
}

check_handshake() { # DEV MAXAGE
  check_what="handshakes of $1" check_wanted="every peer within $2 s"
  handshake_device=$(wg show "$1" public-key 2>&1) || { record fail "$handshake_device"; return 0; }
  handshake_stale "$1" "$2" >"$checks_scratch/$checks_number.stale"
  # A handshake needs traffic: one packet to the first address of each silent peer, all at once, then a little patience.
  handshake_tries=0
  while [ -s "$checks_scratch/$checks_number.stale" ] && [ "$handshake_tries" -lt 4 ]; do
    while read -r handshake_peer _; do
      handshake_address=$(wg show "$1" allowed-ips | awk -v peer="$handshake_peer" '$1 == peer { sub(/\/.*/, "", $2); print $2 }')
      case $handshake_address in
      '' | '(none)') ;;
      *:*) ping -6 -n -c 1 -W 1 "$handshake_address" >/dev/null 2>&1 & ;;
      *) ping -4 -n -c 1 -W 1 "$handshake_address" >/dev/null 2>&1 & ;;
      esac
    done <"$checks_scratch/$checks_number.stale"
    wait
    handshake_stale "$1" "$2" >"$checks_scratch/$checks_number.stale"
    handshake_tries=$((handshake_tries + 1))
  done
  handshake_peers "$1" >"$checks_scratch/$checks_number.peers"
  handshake_count() { awk -v state="$1" '$3 == state' "$checks_scratch/$checks_number.peers" | wc -l; }
  handshake_counted=$(handshake_count counts)
  handshake_silent=$(wc -l <"$checks_scratch/$checks_number.stale")
  handshake_excused="$(handshake_count calls) call first and have not yet, $(handshake_count later) come in a later wave"
  if [ ! -s "$checks_scratch/$checks_number.peers" ]; then
    record fail 'the device has no peer'
  elif [ "$handshake_counted" -eq 0 ]; then
    record skip "not proved: no peer can be called: $handshake_excused"
  else
    check_found="$((handshake_counted - handshake_silent)) of $((handshake_counted)) peers"
    case $handshake_excused in '0 call'*', 0 come'*) ;; *) check_found="$check_found; not counted: $handshake_excused" ;; esac
    [ "$handshake_silent" -eq 0 ] ||
      check_found="$check_found; silent: $(awk '{ key = $1; sub(/^[^ ]+ [^ ]+ [^ ]+ /, ""); print key " (" $0 ")" }' "$checks_scratch/$checks_number.stale" | fold)"
    verdict "$handshake_silent" "$check_what" "$check_wanted" "$check_found"
  fi
}

# What the kernel does with a packet: two addresses of every AllowedIP, the first and the last, are looked up, and one of them
# has to go through the device; the other may belong to a smaller network elsewhere. LOCAL, which this host reaches by
# itself, and the endpoints of peers must not go through it.
check_wireguard_routes() { # DEV LOCAL,LOCAL
  check_what="routes into $1" check_wanted="packets to all peers and the networks behind them go through $1"
  routes_allowed=$(wg show "$1" allowed-ips 2>&1) || { record fail "$routes_allowed"; return 0; }
  routes_mark=$(wg show "$1" fwmark)
  routes_scratch=$checks_scratch/$checks_number
  {
    printf '%s\n' "$2" | tr ',' '\n' | sed '/^$/d; /^-$/d; s/^/local /'
    printf '%s\n' "$routes_allowed" | cut -f 2- | tr '\t' ' ' | tr ' ' '\n' | sed '/^$/d; /(none)/d; s/^/through /' | sort
    wg show "$1" endpoints | awk '$2 != "(none)" { sub(/:[0-9]*$/, "", $2); gsub(/[][]/, "", $2); sub(/%.*/, "", $2); print "endpoint " $2 }'
  } | awk -v mark="$routes_mark" "$NETWORKS_AWK"'
    $1 == "local" { locals++; net[locals] = base($2); bits[locals] = prefix($2); next }
    prefix($2) == 0 { next }
    $1 == "endpoint" { print "endpoint", $2, $2 (mark == "off" ? "" : " mark " mark); next }
    {
      kind = "through"
      for (i = 1; i <= locals; i++) if (prefix($2) >= bits[i] && covers(net[i], bits[i], base($2))) kind = "local"
      one = first(base($2), prefix($2)); two = last(base($2), prefix($2))
      print kind, $2, text(one)
      if (two != one) print kind, $2, text(two)
    }' >"$routes_scratch.asked"
  [ -s "$routes_scratch.asked" ] || {
    if [ -n "$(table_of "$1")" ]; then record fail 'the device has no peer'; else record skip 'not run: there is no other peer'; fi
    return 0
  }
  cut -d ' ' -f 3- "$routes_scratch.asked" | sed 's/^/route get /' >"$routes_scratch.batch"
  # Those that fail ("unreachable") are told by their line only.
  ip -o -force -batch "$routes_scratch.batch" >"$routes_scratch.got" 2>"$routes_scratch.failed"
  sed -n 's/^Command failed .*:\([0-9]*\)$/failed \1/p' "$routes_scratch.failed" | cat - "$routes_scratch.got" |
    awk -v dev="$1" -v asked="$routes_scratch.asked" '
      $1 == "failed" { failed[$2] = 1; next }
      { got[++gots] = "no device"; for (i = 1; i < NF; i++) if ($i == "dev") { got[gots] = $(i + 1); break } }
      function problem(text) { problems = problems (problems == "" ? "" : "; ") text }
      END {
        while ((getline line < asked) > 0) {
          split(line, w, " "); n++; by = (n in failed) ? "nowhere" : got[++used]
          if (w[1] == "endpoint") { if (by == dev) problem("the endpoint " w[2] " of a peer goes through the tunnel itself"); continue }
          if (!(w[2] in kind)) { kind[w[2]] = w[1]; order[++nets] = w[2] }
          if (by == dev) through[w[2]] = 1; else { other[w[2]] = by; at[w[2]] = w[3] }
        }
        for (i = 1; i <= nets; i++) {
          net = order[i]; by = net in other ? other[net] : ""
          if (kind[net] == "local") {
            if (net in other) exempt = exempt (exempt == "" ? "; not through it, being reached by this host itself: " : ", ") net " by " by
            else problem(net " goes through " dev ", although this host is on it")
          }
          else if (!(net in through)) problem(net " goes " (by == "nowhere" ? by : "by " by))
          else { count++; if (net in other && by != "lo") part = part "; " at[net] " in " net " goes by " by }
        }
        print problems == "" ? 0 : 1
        print problems == "" ? count + 0 " networks" exempt part : problems
      }' >"$routes_scratch.verdict"
  verdict "$(head -n 1 "$routes_scratch.verdict")" "$check_what" "$check_wanted" "$(tail -n +2 "$routes_scratch.verdict")"
}
