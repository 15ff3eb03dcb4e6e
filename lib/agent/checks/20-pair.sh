# Checks that need the other side. Each waits a little, none forever: the runner repeats them while the window lasts.

ping_df() { # ADDRESS PAYLOAD: output on stdout
  case $1 in
  *:*) ping -6 -n -M 'do' -c 2 -i 0.3 -W 1 -s "$2" "$1" 2>&1 ;;
  *) ping -4 -n -M 'do' -c 2 -i 0.3 -W 1 -s "$2" "$1" 2>&1 ;;
  esac
}
# "2 packets transmitted, 0 received …" or "message too long, mtu=9000": the line that says why.
ping_summary() { printf '%s\n' "$1" | awk '/too long|Frag needed|too big|unreachable|unknown host|not known|not permitted/ { why = $0 } / received/ { sum = $0 } END { print (why != "" ? why : sum) }'; }

# Hosts of later waves are not there yet; the runner names their addresses and keys in NETLOOM_LATER.
comes_later() { case " ${NETLOOM_LATER:-} " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

check_ping() { # ADDRESS PAYLOAD pass|fail
  check_what="ping $1"
  if comes_later "$1"; then record skip 'not run: this host comes in a later wave' && return; fi
  found_ping=$(ping_df "$1" "$2")
  found_status=$?
  [ "$3" = pass ] || { if [ "$found_status" -eq 0 ]; then found_status=1; else found_status=0; fi; }
  verdict "$found_status" "ping $1 with $2 bytes of payload, unfragmented" "$3" "$(ping_summary "$found_ping")"
}

# Headers: 20 (IPv4) or 40 (IPv6) and 8 of ICMP. A path that carries more than it should is wrong as well: some
# segment has another MTU than the others believe.
check_path_mtu() { # ADDRESS MTU
  check_what="path to $1"
  if comes_later "$1"; then record skip 'not run: this host comes in a later wave' && return; fi
  case $1 in *:*) path_headers=48 ;; *) path_headers=28 ;; esac
  path_output=$(ping_df "$1" $(($2 - path_headers)))
  path_status=$?
  path_found="$2 bytes: $(ping_summary "$path_output")"
  if [ "$path_status" -eq 0 ]; then
    if path_output=$(ping_df "$1" $(($2 - path_headers + 1))); then path_status=1; fi
    path_found="$path_found; $(($2 + 1)) bytes: $(ping_summary "$path_output")"
  fi
  verdict "$path_status" "path to $1" "$2 bytes pass, $(($2 + 1)) do not" "$path_found"
}

check_wireguard() { # DEV PORT MTU
  check_what=$1 check_wanted="listens on $2, MTU $3"
  found_port=$(wg show "$1" listen-port 2>&1) || { record fail "$found_port"; return 0; }
  found_mtu=$(mtu_get "$1")
  [ "$3" != - ] || found_mtu=-
  compare "$1" "listens on $2, MTU $3" "listens on $found_port, MTU $found_mtu"
}

# Peers without an endpoint (roaming) cannot be called; they are named, and counted once they have called us.
check_handshake() { # DEV MAXAGE
  check_what="handshakes of $1" check_wanted="every peer within $2 s"
  wg show "$1" latest-handshakes >"$checks_scratch/$checks_number.before" 2>&1 || { record fail "$(cat "$checks_scratch/$checks_number.before")"; return 0; }
  handshake_stale "$1" "$2" >"$checks_scratch/$checks_number.stale"
  # A handshake needs traffic: one packet to the first address of each silent peer, all at once, then a little patience.
  handshake_tries=0
  while [ -s "$checks_scratch/$checks_number.stale" ] && [ "$handshake_tries" -lt 4 ]; do
    while read -r handshake_peer; do
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
  handshake_total=$(wg show "$1" peers | wc -l)
  handshake_excused=$(handshake_peers "$1" | awk '$3 != "counts"' | wc -l)
  handshake_silent=$(wc -l <"$checks_scratch/$checks_number.stale")
  check_found="$((handshake_total - handshake_excused - handshake_silent)) of $((handshake_total - handshake_excused)) peers"
  [ "$handshake_excused" -eq 0 ] || check_found="$check_found, and $((handshake_excused)) not counted (no endpoint, or of a later wave)"
  [ "$handshake_silent" -eq 0 ] || check_found="$check_found; silent: $(fold <"$checks_scratch/$checks_number.stale")"
  verdict "$handshake_silent" "$check_what" "$check_wanted" "$check_found"
}

# handshake_peers DEV: PEER TIME counts|excused. A peer of a later wave counts once it has been heard.
handshake_peers() {
  {
    wg show "$1" endpoints | sed 's/^/endpoint /'
    wg show "$1" latest-handshakes | sed 's/^/handshake /'
  } | awk -v later=" ${NETLOOM_LATER:-} " '
    $1 == "endpoint" { endpoint[$2] = $3; next }
    { excused = endpoint[$2] == "(none)" || ($3 == 0 && index(later, " " $2 " "))
      print $2, $3, excused ? "excused" : "counts" }'
}
handshake_stale() { # DEV MAXAGE
  handshake_peers "$1" | awk -v now="$(date +%s)" -v age="$2" '$3 == "counts" && now - $2 > age { print $1 }'
}
